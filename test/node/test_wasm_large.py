"""An image of 100 MB at a node that runs: refused in words when it is to compute, and the node goes on."""

from __future__ import annotations

import pytest

from taskrunner import HB, HyperBEAM
from taskrunner.client import NodeError

MODULE = "function compute(base, req, opts) base.results = {} return base end"


@pytest.mark.full
def test_a_node_refuses_an_image_of_100_megabytes_and_lives_on() -> None:
    with HyperBEAM(reset=True) as hbeam:
        hb = HB(url=hbeam.url, jwk=hbeam.wallet)
        process = hb.spawn_aos(hb.cache_binary(b"\0asm\1\0\0\0" + bytes(100 << 20)))["pid"]
        slot = hb.schedule_aos(pid=process, action="Eval", data="1")["slot"]
        with pytest.raises(NodeError) as caught:
            hb.compute_aos(pid=process, slot=slot)
        assert caught.value.code == "MOD-WASM-SIZE" and "more than the limit" in str(caught.value)
        assert hb.spawn_lua(hb.cache_script(MODULE))["slot"] == 0
