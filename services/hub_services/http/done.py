"""The answer to a command: which record, at which version and position."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub_services.asking import Answer
from hub_services.http.operation import Done, identifier


class Written(Schema):
    """The record a command was about."""

    id = fields.String(required=True)
    link = fields.String(required=True)


def written(answer: Answer, path: str, *, status: int = 0) -> Done:
    """Answer a command with its record's id and link, ETag and position.

    Args:
        answer: what came of it.
        path: the record's path, with `{id}` for its id.
        status: 201 for a record that was made.
    """
    name = identifier(answer.stream)
    link = path.replace("{id}", name)
    return Done(
        body={"id": name, "link": link},
        status=status,
        version=answer.versions.get(answer.stream),
        position=answer.position,
        location=link if status == 201 else "",  # noqa: PLR2004
    )
