"""Names, fields, constants and table constructors as Python expressions.

A plain table answers inline from its dict; a missing key, a metatable or anything but a table goes to a helper.
"""

from __future__ import annotations

from taskrunner.lua import syntax
from taskrunner.lua.compiler.code import Code
from taskrunner.lua.compiler.operators import Operators, constant_text

_KINDS = {int: "int", float: "float", bytes: "string", bool: "boolean", type(None): "nil"}


class Access(Operators):
    """Everything that reads without calling."""

    def constant(self, node: syntax.Constant) -> Code:
        """nil, booleans, numbers, strings."""
        return Code(constant_text(node.value), _KINDS[type(node.value)], atom=True, inert=True)

    def name(self, node: syntax.Name) -> Code:
        """A local variable or a global."""
        variable = self.scopes.variables.get(id(node))
        if variable is None:
            key = constant_text(node.name.encode("ascii"))
            text = f"(G.get({key}) if G.meta is None else index(G, {key}))"
            return Code(text, inert=True, depth=2)
        kind = "int" if variable.counter and not variable.assigned else ""
        if variable.value is not None and not variable.assigned:
            if isinstance(variable.value, syntax.Constant):
                kind = _KINDS[type(variable.value.value)]
            elif isinstance(variable.value, syntax.Function):
                kind = "function"
        text = f"{variable.python}[0]" if variable.cell else variable.python
        return Code(text, kind, atom=True, inert=not variable.shared)

    def vararg(self) -> Code:
        """The first of `...`"""
        return Code("(va[0] if va else None)", inert=True, depth=1)

    def index(self, node: syntax.Index) -> Code:
        """`object[key]`"""
        item = self.spilled(self.expression(node.object))
        key = self.spilled(self.expression(node.key))
        depth = max(item.depth, key.depth) + 4
        value = self.temporary()
        if key.atom and key.inert:
            first, again = self.receiver(item)
            test = f"type({first}) is Table"
            if key.kind not in ("string", "int", "float", "table", "function"):
                test += f" and type({key.text}) is not bool"
            text = f"({value} if {test} and ({value} := {again}.get({key.text})) is not None "
            return Code(f"{text}else {self.marked(node, f'index({again}, {key.text})')})", depth=depth)
        first, again, key_first, key_again = self.pair(Code(item.text), Code(key.text))
        test = f"(type({first}) is Table) & (type({key_first}) is not bool)"
        text = f"({value} if {test} and ({value} := {again}.get({key_again})) is not None "
        return Code(f"{text}else {self.marked(node, f'index({again}, {key_again})')})", depth=depth)

    def table(self, node: syntax.TableConstructor) -> Code:
        """`{...}`"""
        fields = node.fields
        if not fields:
            return Code("new_table()", "table", depth=1)
        last_several = fields[-1].key is None and self.is_several(fields[-1].value)
        if all(field.key is None for field in fields):
            values = self.values_tuple(tuple(field.value for field in fields))
            return Code(f"list_table({values.text})", "table", depth=values.depth + 1)
        names = [field.key.value for field in fields if isinstance(field.key, syntax.Constant)]
        if len(names) == len(fields) == len(set(names)) and all(type(name) is bytes for name in names):
            return self._record(fields)
        return self._mixed(fields, last_several)

    def _record(self, fields: tuple[syntax.Field, ...]) -> Code:
        items: list[str] = []
        depth = 0
        for field in fields:
            assert field.key is not None
            value = self.spilled(self.expression(field.value))
            items.append(f"{self.expression(field.key).text}: {value.text}")
            depth = max(depth, value.depth)
        return Code(f"record_table({{{', '.join(items)}}})", "table", depth=depth + 2)

    def _mixed(self, fields: tuple[syntax.Field, ...], last_several: bool) -> Code:
        items: list[str] = []
        depth = 0
        position = 0
        for field in fields[:-1] if last_several else fields:
            if field.key is None:
                position += 1
                key = Code(str(position))
            else:
                key = self.spilled(self.expression(field.key))
            value = self.spilled(self.expression(field.value))
            depth = max(depth, key.depth, value.depth)
            items.append(f"({key.text}, {value.text})")
        rest = self.spilled(self.several(fields[-1].value)) if last_several else Code("()")
        text = f"mixed_table(({', '.join(items)},), {position + 1}, {rest.text})"
        return Code(text, "table", depth=max(depth, rest.depth) + 3)

    def values_tuple(self, nodes: tuple[syntax.Expression, ...]) -> Code:
        """An expression list as a tuple; the last one may give several values."""
        if not nodes:
            return Code("()", inert=True)
        if not self.is_several(nodes[-1]):
            codes = [self.spilled(self.expression(node)) for node in nodes]
            text = f"({', '.join(code.text for code in codes)},)"
            return Code(text, inert=all(code.inert for code in codes), depth=max(code.depth for code in codes) + 1)
        if len(nodes) == 1:
            return self.spilled(self.several(nodes[0]))
        codes = [self.spilled(self.expression(node)) for node in nodes[:-1]]
        last = self.spilled(self.several(nodes[-1]))
        text = f"({', '.join(code.text for code in codes)}, *{last.text})"
        return Code(text, depth=max(last.depth, *(code.depth for code in codes)) + 1)
