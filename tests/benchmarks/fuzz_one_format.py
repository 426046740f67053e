"""The process of one reader under libFuzzer: python -m tests.benchmarks.fuzz_one_format READER SECONDS FOLDER."""

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

with atheris.instrument_imports(include=["governance.core"]):
    from tests.core.governance.log_parsers import PARSERS, attack


def main() -> None:
    """Fuzz one reader, from its right inputs on. libFuzzer ends the process, with 0 when nothing was found."""
    name, seconds, folder = sys.argv[1:]
    parser = next(parser for parser in PARSERS if parser.name == name)
    for number, seed in enumerate(parser.seeds):
        (Path(folder) / f"seed{number}").write_bytes(seed)

    def one(data: bytes) -> None:
        attack(parser, data)

    options = [
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
        "-max_len=8192",
        "-timeout=20",
        "-seed=3",
    ]
    atheris.Setup([sys.argv[0], folder, f"-artifact_prefix={folder}/", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
