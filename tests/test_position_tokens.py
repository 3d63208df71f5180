"""Position tokens: what leaves the hub in place of a position says nothing and is good for one asker only."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events.stream import KINDS
from hub_services.position_tokens import CHARACTERS, CURSOR, POSITION, PositionTokens, Token
from hub_services.refusal import RefusedError
from hub_services.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = b"s" * 32
ME = ("account:" + "A" * 22, "/v1/cases/{id}", '[["id", "x"]]')
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class SetWorld(World):
    """A world whose clock stands where a test sets it."""

    def __init__(self, time=NOON):
        self.time = time

    def now(self):
        return self.time


@pytest.fixture
def world():
    return SetWorld()


@pytest.fixture
def tokens(world):
    return PositionTokens(SECRET, world)


def refused(tokens, text, kind=CURSOR, *, me=ME):
    with pytest.raises(RefusedError) as refusal:
        tokens.open(text, kind, *me)
    assert refusal.value.code == "token-invalid"


identifiers = st.binary(min_size=16, max_size=16).map(lambda found: urlsafe_b64encode(found).decode().rstrip("="))
streams = st.builds("{}:{}".format, st.sampled_from(sorted(KINDS)), identifiers)
lines = st.one_of(st.just(""), streams, st.builds("{}/{}".format, streams, st.integers(1, 65_535)))
whole = st.builds(
    Token,
    st.sampled_from([POSITION, CURSOR]),
    st.integers(0, 2**64 - 1),
    st.integers(-(2**63), 2**63 - 1),
    lines,
)


@given(whole, st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_token_gives_back_what_it_was_made_of(token, account, route, filters):
    tokens = PositionTokens(SECRET, SetWorld())
    text = tokens.make(token, account, route, filters)
    assert len(text) == CHARACTERS == 86
    assert set(text) <= set(ALPHABET)
    assert tokens.open(text, token.kind, account, route, filters) == token


def test_two_tokens_of_one_position_have_nothing_in_common(tokens):
    made = [tokens.make(Token(POSITION, 7), *ME) for _ in range(200)]
    assert len(set(made)) == len(made)
    assert max(Counter(text[index] for text in made).most_common(1)[0][1] for index in range(85)) < 30


def test_tokens_of_neighbouring_positions_differ_as_much_as_those_of_distant_ones(tokens):
    def raw(position):
        return urlsafe_b64decode(tokens.make(Token(POSITION, position), *ME) + "==")

    def differing(one, other):
        return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True)) / (8 * len(one))

    near = [differing(raw(each), raw(each + 1)) for each in range(50)]
    far = [differing(raw(each), raw(each * 2**50)) for each in range(50)]
    assert abs(sum(near) - sum(far)) / 50 < 0.05


@pytest.mark.parametrize(
    "me",
    [
        ("account:" + "B" * 22, *ME[1:]),
        (ME[0], "/v1/reports", ME[2]),
        (ME[0], ME[1], '[["id", "y"]]'),
        ("", "", ""),
        # Nothing may move across the border between two of the three.
        (ME[0] + ME[1], "", ME[2]),
        (ME[0], ME[1] + ME[2], ""),
    ],
)
def test_a_token_is_for_one_account_one_route_and_one_filter(tokens, me):
    text = tokens.make(Token(CURSOR, 7, 3, "case:" + "A" * 22), *ME)
    assert tokens.open(text, CURSOR, *ME).position == 7
    refused(tokens, text, me=me)


def test_a_position_does_not_pass_for_a_cursor_nor_the_other_way_round(tokens):
    refused(tokens, tokens.make(Token(POSITION, 7), *ME), CURSOR)
    refused(tokens, tokens.make(Token(CURSOR, 7), *ME), POSITION)


def test_a_token_is_for_one_hub(tokens, world):
    refused(PositionTokens(b"t" * 32, world), tokens.make(Token(CURSOR, 7), *ME))


@pytest.mark.parametrize(("later", "good"), [(0, True), (1, True), (2, False), (30, False), (-1, False)])
def test_a_token_lives_until_the_end_of_the_day_after_its_own(tokens, world, later, good):
    text = tokens.make(Token(CURSOR, 7), *ME)
    world.time = NOON + timedelta(days=later)
    if good:
        assert tokens.open(text, CURSOR, *ME).position == 7
    else:
        refused(tokens, text)


def test_a_token_made_just_before_midnight_is_good_for_the_whole_day_after(tokens, world):
    world.time = datetime(2026, 3, 2, 23, 59, 59, 999_999, tzinfo=UTC)
    text = tokens.make(Token(CURSOR, 7), *ME)
    world.time = datetime(2026, 3, 3, 23, 59, 59, 999_999, tzinfo=UTC)
    assert tokens.open(text, CURSOR, *ME).position == 7
    world.time += timedelta(microseconds=1)
    refused(tokens, text)


def test_no_character_of_a_token_can_be_another_one(tokens):
    text = tokens.make(Token(CURSOR, 7, 3, "case:" + "A" * 22), *ME)
    for place in range(CHARACTERS):
        for other in set(ALPHABET) - {text[place]} if place == CHARACTERS - 1 else {"A" if text[place] != "A" else "B"}:
            refused(tokens, text[:place] + other + text[place + 1 :])


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_byte_of_a_token_can_be_another_one(place, flipped):
    tokens = PositionTokens(SECRET, SetWorld())
    raw = bytearray(urlsafe_b64decode(tokens.make(Token(CURSOR, 7), *ME) + "=="))
    raw[place] ^= flipped
    refused(tokens, urlsafe_b64encode(bytes(raw)).decode().rstrip("="))


@given(st.one_of(st.text(max_size=90), st.text(alphabet=ALPHABET, min_size=86, max_size=86)))
def test_nothing_made_up_is_a_token(text):
    refused(PositionTokens(SECRET, SetWorld()), text)


def test_a_token_has_its_length(tokens):
    text = tokens.make(Token(CURSOR, 7), *ME)
    for changed in (text[:-1], text + "A", text + "==", f" {text}", f" {text}"[:CHARACTERS], ""):
        refused(tokens, changed)


def test_a_token_has_one_spelling(tokens):
    """Decoders pass over foreign characters, take + for - and overlook the last bits; a token does not."""
    for _ in range(200):
        text = tokens.make(Token(CURSOR, 7), *ME)
        if "-" in text:
            refused(tokens, text.replace("-", "+"))
        if "_" in text:
            refused(tokens, text.replace("_", "/"))
    refused(tokens, text[:-4] + "!!!!")


def test_keys_of_days_long_gone_are_not_kept(tokens, world):
    for days in range(40):
        world.time = NOON + timedelta(days=days)
        tokens.make(Token(CURSOR, 7), *ME)
    assert len(tokens._keys) <= 3
