"""The table of commands in `services/README.md` is what the code has; a failure prints the one that would be right."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import hub_services.decisions
from hub_events.stream import KINDS, Stream, kind_of
from hub_services.decisions.decision import By, Command

README = Path(__file__).parents[2] / "services" / "README.md"
BEGIN, END = "<!-- commands: checked by tests/decisions/test_readme_commands.py -->\n", "<!-- /commands -->\n"
HEAD = "| command | action | stream | what it does | refusals of its own |\n|---|---|---|---|---|\n"

MODULES = {
    name: importlib.import_module(f"hub_services.decisions.{name}")
    for _, name, _ in pkgutil.iter_modules(hub_services.decisions.__path__)
}
COMMANDS = sorted(
    (
        (module, kind)
        for module in MODULES.values()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Command) and kind is not Command and kind.__module__ == module.__name__
    ),
    key=lambda each: each[1].__name__,
)
BY = By(
    account="account:" + "A" * 22,
    agency="HUB",
    role="SYSTEM",
    now=datetime(2026, 3, 5, tzinfo=UTC),
    seed=b"seed",
    command_id=b"id",
)


def stream_of(kind):
    """The stream a command is about, by asking one whose fields name streams of the kind they are called."""
    command = object.__new__(kind)
    for field in dataclasses.fields(kind):
        named = field.name.replace("_", "-")
        value = Stream(f"{named if named in KINDS else 'report'}:{'S' * 22}")
        object.__setattr__(command, field.name, value)
    about = command.about(BY)
    return f"new {kind_of(about)}" if about == BY.new_stream(kind_of(about)) else kind_of(about)


def definitions(module):
    """Functions, commands, and the methods of other classes, each by its own name."""
    found = defaultdict(list)
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ClassDef) and is_command(module, node.name)):
            found[node.name].append(node)
        elif isinstance(node, ast.ClassDef):
            for method in (each for each in node.body if isinstance(each, ast.FunctionDef)):
                found[method.name].append(method)
    return found


def is_command(module, name):
    return issubclass(getattr(module, name), Command)


# What `decision.py` itself refuses, any command may be refused with; the README says so above the table.
DEFINED = {name: definitions(module) for name, module in MODULES.items() if name != "decision"}


def imported(module):
    """What a module imports from its neighbours: the name, and the neighbour it is from."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hub_services.decisions."):
            yield from ((each.name, (node.module or "").rpartition(".")[2]) for each in node.names)


IMPORTED = {name: dict(imported(module)) for name, module in MODULES.items()}


def refusals(module, name):
    """The codes a class or function refuses with, itself or through what it calls in this folder."""
    codes, seen, waiting = set(), set(), [(module, name)]
    while waiting:
        here, called = waiting.pop()
        there = IMPORTED[here].get(called, here)
        if (there, called) in seen or called not in DEFINED.get(there, {}):
            continue
        seen.add((there, called))
        for node in (each for definition in DEFINED[there][called] for each in ast.walk(definition)):
            if isinstance(node, ast.Name):
                waiting.append((there, node.id))
            elif isinstance(node, ast.Attribute):
                # The class a method belongs to is not known here; its name is looked for beside and where we import.
                waiting += [(place, node.attr) for place in {there, *IMPORTED[there].values()}]
            elif isinstance(node, ast.Call):
                codes |= set(codes_given(node))
    return sorted(codes)


def codes_given(call):
    """The code of a refusal that is raised, or handed on as `refusal=` to be raised."""
    given = [each.value for each in call.keywords if each.arg == "refusal"]
    if isinstance(call.func, ast.Name) and call.func.id == "RefusedError":
        given.append(call.args[0])
    return [each.value for each in given if isinstance(each, ast.Constant)]


def sentence(kind):
    return (kind.__doc__ or "").strip().partition("\n")[0]


def table_of_commands():
    rows = [
        f"| `{kind.__name__}` | `{kind.action}` | {stream_of(kind)} | {sentence(kind)} | "
        f"{' '.join(f'`{code}`' for code in refusals(module.__name__.rpartition('.')[2], kind.__name__))} |\n"
        for module, kind in COMMANDS
    ]
    return HEAD + "".join(rows)


def test_the_readme_lists_every_command_as_the_code_has_it():
    right = table_of_commands()
    listed = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert listed.strip() == right.strip(), f"services/README.md should hold between its markers:\n\n{right}"


def test_every_command_says_in_a_sentence_what_it_does_and_under_which_action():
    silent = [kind.__name__ for _, kind in COMMANDS if not sentence(kind).endswith(".") or not kind.action]

    assert silent == []


def test_no_two_commands_have_the_same_name():
    names = [kind.__name__ for _, kind in COMMANDS]

    assert len(names) == len(set(names))


def test_the_table_finds_refusals_raised_here_handed_on_and_raised_by_what_is_called():
    found = refusals("case", "OpenCase")

    assert {"subject-not-in-report", "unknown-strand", "not-found", "words-missing"} <= set(found)
    assert "case-closed" not in found
