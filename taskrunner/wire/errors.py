"""The errors of the wire: what is wrong with bytes that someone sent, or with a signature over them.

Each names the place in the message (a field, a part, a commitment), so that a node can put it into its answer and a
brief can quote it. They carry no payload bytes: a wallet or a secret can never end up in their text.
"""

from __future__ import annotations

from taskrunner.errors import TaskrunnerError


class WireError(TaskrunnerError):
    """Bytes, headers or values that cannot be read or written as the protocol wants them.

    `commitment` is the id of the commitment at fault and `field` the field, each empty when it does not apply.
    """

    default_code = "INPUT-WIRE"

    def __init__(self, message: str, *, code: str = "", commitment: str = "", field: str = "", hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.commitment = commitment
        self.field = field


class EncodeError(WireError):
    """A value that has no form on the wire."""

    default_code = "INPUT-WIRE-ENCODE"


class DecodeError(WireError):
    """Bytes that are not what they claim to be: multipart, typed text, headers, a data item."""

    default_code = "INPUT-WIRE-DECODE"


class KeyFormatError(WireError):
    """A JWK that is not a usable RSA key."""

    default_code = "INPUT-WIRE-KEY"


class VerificationError(WireError):
    """A commitment does not hold: its signature, its digest, its committer or a field it lists."""

    default_code = "INPUT-WIRE-SIGNATURE"


class DigestError(VerificationError):
    """`content-digest` does not belong to the body."""

    default_code = "INPUT-WIRE-DIGEST"


class Utf16DigestError(DigestError):
    """The known client defect: the digest was made over the low byte of each UTF-16 unit (PROTOCOL §14.1)."""

    default_code = "INPUT-WIRE-DIGEST-UTF16"
