"""What strangers send: whatever it is, a reader answers with its own error in a sentence, and never crashes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.governance.log_parsers import PARSERS, Parser, attack

EACH = pytest.mark.parametrize("parser", PARSERS, ids=[parser.name for parser in PARSERS])
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.one_of(
    st.sampled_from([b"", b"\n", b"\n\n", b" ", b"+", b"=", b"/", b"x", b"0", b"\0", b"\r", b"\t", b"\xff"]),
    st.sampled_from([b"-1", b"9" * 30, b"old ", b"quorum none\n", b".p/", b"A" * 44]),
    st.sampled_from(["\N{EM DASH} ", "١", "\u2028", "é"]).map(str.encode),
    st.binary(max_size=6),
)


@st.composite
def mutations(draw: st.DrawFn, parser: Parser) -> bytes:
    """A right input, cut, patched, doubled, or spliced with another, up to four times."""
    data = draw(st.sampled_from(parser.seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(
            st.integers(start, min(len(data), start + draw(st.sampled_from([0, 1, 2, 50, len(data)]))))
        )
        other = draw(st.sampled_from(parser.seeds))
        piece = draw(st.one_of(PIECES, st.just(data[start:end] * 2), st.just(other[start:])))
        data = data[:start] + piece + data[end:]
    return data


@EACH
def test_right_inputs_are_read(parser: Parser) -> None:
    for seed in parser.seeds:
        if not (parser.name == "witness answer" and seed[0] > 1):  # the seeds hold one refusal
            parser.read(seed)


@EACH
@given(data=st.data())
@QUICK
def test_a_damaged_input_is_refused_in_a_sentence_or_reads_back_as_it_was(
    parser: Parser, data: st.DataObject
) -> None:
    attack(parser, data.draw(mutations(parser)))


@EACH
@given(
    noise=st.one_of(
        st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
@QUICK
def test_noise_is_refused_in_a_sentence(parser: Parser, noise: bytes) -> None:
    attack(parser, noise)


def test_a_reader_that_crashes_is_noticed() -> None:
    broken = Parser("broken", lambda data: data[5], (ValueError,), (b"",))
    with pytest.raises(IndexError):
        attack(broken, b"")
    silent = Parser("silent", lambda data: _raise(), (ValueError,), (b"",))
    with pytest.raises(AssertionError, match="is no sentence"):
        attack(silent, b"")


def _raise() -> None:
    raise ValueError
