"""A token whose suite is written with unittest."""

# ruff: noqa: E501
from __future__ import annotations

from corpus.worlds import World

TOKEN_PLAN = """\
# Plan: Token

## Modules

### token (module-lua)
Everybody may mint for themselves.

#### Actions
| Action   | Input                              | State                    | Reply                          |
|----------|------------------------------------|--------------------------|--------------------------------|
| Mint     | Quantity: int                      | the sender's balance grows | the new balance              |
| Transfer | Recipient: address, Quantity: int  | moves                    | Transferred, and a Credit-Notice |
| Balance  |                                    |                          | the sender's balance           |

#### State
| Name     | Type | Initial |
|----------|------|---------|
| balances | json | {}      |

#### Examples
| Name      | Send | Reply |
|-----------|------|-------|
| nothing   | Balance | 0 |
| mint      | Mint Quantity=100; Mint Quantity=20; Balance | 100; 120; 120 |
| transfer  | Mint Quantity=100; Transfer Recipient=@bob Quantity=30; Balance; as bob Balance | 100; Transferred & -> @bob Action=Credit-Notice Quantity=30; 70; 30 |
| all of it | Mint Quantity=50; Transfer Recipient=@bob Quantity=50; Balance | 50; Transferred; 0 |
| too much  | Mint Quantity=10; Transfer Recipient=@bob Quantity=30; Balance | 10; error: insufficient balance; 10 |
| not whole | Mint Quantity=many | error: invalid Quantity |
| negative  | Mint Quantity=-5 | error: invalid Quantity |
| unknown   | Burn | error: unknown action |

## Status: APPROVED
"""

TOKEN_MODULE = """\
-- A token, as small as it gets. Balances live in base, under the addresses of their owners.

local Handlers = {}

local function tag(msg, name)
  return msg.body[name] or msg.body[name:lower()]
end

local function signer(body)
  for _, commitment in pairs(body.commitments or {}) do
    if type(commitment) == "table" and commitment.committer then return commitment.committer end
  end
end

local function quantity_of(msg)
  local value = tag(msg, "Quantity")
  if type(value) == "number" then value = string.format("%d", math.floor(value)) end
  if type(value) ~= "string" or not value:match("^%d+$") then return nil end
  return math.tointeger(tonumber(value))
end

function Handlers.Mint(state, msg)
  local quantity = quantity_of(msg)
  if not quantity then return msg.refuse("invalid Quantity") end
  state[msg.from] = (state[msg.from] or 0) + quantity
  msg.reply(string.format("%d", state[msg.from]))
end

function Handlers.Transfer(state, msg)
  local quantity = quantity_of(msg)
  if not quantity then return msg.refuse("invalid Quantity") end
  local recipient = tag(msg, "Recipient")
  if not recipient then return msg.refuse("missing Recipient") end
  local mine = state[msg.from] or 0
  if mine < quantity then return msg.refuse("insufficient balance") end
  state[msg.from] = mine - quantity
  state[recipient] = (state[recipient] or 0) + quantity
  msg.reply("Transferred")
  msg.send({ target = recipient, Action = "Credit-Notice", Quantity = string.format("%d", quantity) })
end

function Handlers.Balance(state, msg)
  msg.reply(string.format("%d", state[msg.from] or 0))
end

function compute(base, req, opts)
  base.balances = base.balances or {}
  local outbox, n = {}, 0
  local body = req.body or {}
  local msg = { body = body, from = signer(body) }
  function msg.send(message)
    n = n + 1
    outbox[tostring(n)] = message
  end
  function msg.reply(text)
    msg.send({ target = msg.from, data = text })
  end
  function msg.refuse(why)
    msg.send({ target = msg.from, data = "error: " .. why, Error = why })
  end
  local action = body.Action or body.action
  if action and body.type ~= "Process" then
    local handler = Handlers[action]
    if handler then
      handler(base.balances, msg)
    else
      msg.refuse("unknown action " .. action)
    end
  end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""

TOKEN_SUITE = '''\
"""The token's suite, in the unittest style."""

import unittest

import pytest

MODULE = "custom_lua/token.lua"


class TokenTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _with_token(self, module, wallet):
        self.token = module.spawn()
        self.me = wallet()
        self.bob = wallet("bob")

    def balance(self, of=None):
        return int(self.token.send("Balance", wallet=of or self.me).data)

    def test_starts_with_nothing(self):
        self.assertEqual(self.balance(), 0)

    def test_mint(self):
        self.assertEqual(self.token.send("Mint", Quantity="100").data, "100")
        self.assertEqual(self.token.send("Mint", Quantity="20").data, "120")
        self.assertEqual(self.balance(), 120)

    def test_transfer(self):
        self.token.send("Mint", Quantity="100")
        reply = self.token.send("Transfer", Recipient=self.bob.address, Quantity="30")
        self.assertEqual(reply.data, "Transferred")
        self.assertTrue(reply.sent(to=self.bob.address, tags={"Action": "Credit-Notice", "Quantity": "30"}))
        self.assertEqual(self.balance(), 70)
        self.assertEqual(self.balance(self.bob), 30)

    def test_too_much(self):
        self.token.send("Mint", Quantity="10")
        reply = self.token.send("Transfer", Recipient=self.bob.address, Quantity="30")
        self.assertIn("insufficient", reply.error)
        self.assertEqual(self.balance(), 10)

    def test_sum_stays(self):
        self.token.send("Mint", Quantity="1000")
        for part in (1, 20, 300):
            self.token.send("Transfer", Recipient=self.bob.address, Quantity=str(part))
        self.assertEqual(self.balance() + self.balance(self.bob), 1000)
        self.assertEqual(self.balance(self.bob), 321)

    def test_refuses(self):
        for bad in ("many", "-5"):
            with self.subTest(bad=bad):
                self.assertEqual(self.token.send("Mint", Quantity=bad).error, "invalid Quantity")
'''

TOKEN = World("token", TOKEN_PLAN, TOKEN_MODULE, TOKEN_SUITE)
