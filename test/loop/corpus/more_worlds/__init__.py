"""Worlds for the cases that nobody had seen: other ways to write a module, a plan and a suite than in `worlds`."""

from corpus.more_worlds.cart import CART
from corpus.more_worlds.registry import REGISTRY
from corpus.more_worlds.stats import STATS
from corpus.more_worlds.tally import TALLY
from corpus.more_worlds.todo import TODO
from corpus.more_worlds.token import TOKEN

__all__ = ["CART", "REGISTRY", "STATS", "TALLY", "TODO", "TOKEN"]
