"""Files that somebody made to do harm: each is one line, in little time and memory, and nothing of theirs runs."""

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import pietools
from pietools import bounds
from pietools.annotation.codebook import read_codebook
from pietools.cli import command_of, main
from pietools.errors import LONGEST, ImportFileError, PietoolsError, StudyError, StudyFileError
from pietools.exchange.files.arrays import load_npz
from pietools.exchange.predictions import Source
from pietools.exchange.read_predictions import read
from pietools.exchange.study_folder import MANIFEST, export_folder
from pietools.pictures import opened
from pietools.study import Study
from pietools.study_file import read_study_file

Run = Callable[..., Result]
N = 200
LABELS = np.arange(N) % 3
GOOD = "id,label,pred\na,0,0\nb,1,1\n"


def refused(path: Path, expected: str, **source: Any) -> None:
    """Read a file, which must be refused in one line."""
    with pytest.raises(ImportFileError, match=expected) as caught:
        read(path, Source(**source))
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) <= LONGEST


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """What an npy file begins with."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)


# How much memory a file may take

BIG = 4_000_000  # bytes, where a file may grow to one million


def zst(path: Path, content: bytes) -> None:
    """A file that Zstandard packed."""
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(content)


def one_text(path: Path, encoding: str = "PLAIN_DICTIONARY") -> None:
    """Parquet with a text of 10 kB, once, that a thousand rows have, as if nobody had told arrow so."""
    texts = pa.array(["x" * 10_000] * 1000)
    columns = {"id": np.arange(1000).astype(str), "label": np.zeros(1000, int), "pred": texts}
    how: dict[str, Any] = (
        {} if encoding == "PLAIN_DICTIONARY" else {"use_dictionary": False, "column_encoding": {"pred": encoding}}
    )
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False, **how)


SAMPLE = b'{"id": "' + b"x" * BIG
LOG = {"header.json": b'{"status": "success", "eval": {}}'}
BOMBS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "gz": ("a.csv.gz", lambda path: path.write_bytes(gzip.compress(b"id,pred\n" + b"a" * BIG))),
    "gz of gz": ("a.csv.gz", lambda path: path.write_bytes(gzip.compress(gzip.compress(b"a" * 10 * BIG)))),
    "zst": ("a.jsonl.zst", lambda path: zst(path, SAMPLE)),
    "npz": ("a.npz", lambda path: np.savez_compressed(path, pred=np.zeros(BIG // 8))),
    "npy, gz": ("a.npy.gz", lambda path: path.write_bytes(gzip.compress(header((BIG,), "|u1") + bytes(BIG)))),
    "eval": ("a.eval", lambda path: archive(path, {**LOG, "samples/1.json": SAMPLE})),
    "header of eval": ("a.eval", lambda path: archive(path, {"header.json": SAMPLE})),
    "rows": ("a.parquet", lambda path: pq.write_table(pa.table({"pred": np.zeros(BIG, np.int8)}), path)),
    "values": ("a.parquet", lambda path: pq.write_table(pa.table({"pred": [[0.0] * 500] * 1000}), path)),
    "one text": ("a.parquet", one_text),
    "one beginning": ("a.parquet", lambda path: one_text(path, "DELTA_BYTE_ARRAY")),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_grows_beyond_reason_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str) -> None:
    """The size that a file announces, or unpacks to, is held against that of the file; here a million bytes are free."""
    monkeypatch.setattr(bounds, "GROWS_FREELY", BIG // 4)
    monkeypatch.setattr(bounds, "MOST_GROWTH", 2)
    name, write = BOMBS[bomb]
    write(path := tmp_path / name)
    assert path.stat().st_size < BIG // 8
    refused(path, "would become more than 1 MB in memory. If you trust it")


def test_what_does_not_fit_into_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the memory that is left is for one file; JSON takes fifteen times its size."""
    np.savez(tmp_path / "a.npz", pred=LABELS)
    (tmp_path / "a.jsonl").write_text('{"id": "a", "pred": 1}\n' * 50)
    assert read(tmp_path / "a.npz", Source()).shape == (1, N)
    monkeypatch.setattr(bounds, "memory_left", lambda: 3000)
    refused(tmp_path / "a.npz", "would take 1.73 kB of memory, and 3 kB are left")
    refused(tmp_path / "a.jsonl", "would take 17.2 kB of memory, and 3 kB are left")


HEADERS = {
    "a.npy": header((10**6, 10**9)) + bytes(800),
    "b.npy": header((2**62, 2**62)) + bytes(800),
    "c.npy": header((-1, 5)) + bytes(800),
    "d.npy.gz": gzip.compress(header((10**6, 10**9)) + bytes(800)),
}


@pytest.mark.parametrize("name", HEADERS)
def test_an_array_that_announces_more_than_there_is(tmp_path: Path, name: str) -> None:
    """Petabytes in a header are held against the bytes behind it, without a warning."""
    (tmp_path / name).write_bytes(HEADERS[name])
    refused(tmp_path / name, "is cut off: it announces the shape")


def test_an_array_in_an_archive_that_announces_more_than_there_is(tmp_path: Path) -> None:
    """So are those of an archive; and texts without letters, which take no bytes, are counted."""
    archive(tmp_path / "a.npz", {"pred.npy": header((10**6, 10**9)) + bytes(800)})
    refused(tmp_path / "a.npz", "array 'pred' is cut off: it announces the shape")
    (tmp_path / "a.npy").write_bytes(header((10**18,), "<U0"))
    refused(tmp_path / "a.npy", "would take 8,000 PB of memory")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("pred", "pred.npy"), ("pred.npy", "pred"), ("pred.npy", "pred.npy")])
def test_two_arrays_of_one_name(tmp_path: Path, names: tuple[str, str]) -> None:
    """NumPy would load one of them, and the size of another be compared."""
    labels = header((N,), "<i8") + LABELS.astype("<i8").tobytes()
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as made:
        for name in (*names, "labels.npy"):
            made.writestr(name, labels)
    refused(
        tmp_path / "a.npz", r"holds the array 'pred' 2 times, as .*: save it again", predictions="pred", labels="labels"
    )


def test_a_key_that_is_another_array_with_its_ending(tmp_path: Path) -> None:
    """Of the members a.npy and a.npy.npy the key a.npy may be either."""
    labels = header((N,), "<i8") + LABELS.astype("<i8").tobytes()
    archive(tmp_path / "a.npz", {"a.npy": labels, "a.npy.npy": labels})
    assert load_npz(tmp_path / "a.npz", ["a"])["a"].shape == (N,)
    with pytest.raises(ImportFileError, match=r"holds the array 'a\.npy' 2 times"):
        load_npz(tmp_path / "a.npz", ["a.npy"])


def test_a_member_that_is_longer_than_it_says(tmp_path: Path) -> None:
    """An archive that understates its parts is damaged: no more than that is unpacked."""
    archive(path := tmp_path / "a.eval", {**LOG, "samples/1.json": b"x" * BIG})
    path.write_bytes(path.read_bytes().replace(BIG.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    refused(path, "may be truncated or damaged")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "codec"), [("a.csv.gz", "gzip"), ("a.csv.zst", "zstd")])
def test_a_real_bomb_takes_little(tmp_path: Path, name: str, codec: str) -> None:
    """Eight gigabytes in a small file are refused after one or two."""
    with pa.CompressedOutputStream(str(tmp_path / name), codec) as stream:
        for _ in range(2048):
            stream.write(b"a" * 2**22)
    command = [sys.executable, "-m", "pietools", "compare", tmp_path / name, tmp_path / "b.csv"]
    (tmp_path / "b.csv").write_text(GOOD)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "If you trust it, save it again without compression." in done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < max(before, 4_000_000)  # kB


# What polars would panic at, and what takes for ever


def bad_utf8() -> pa.Array:
    """Texts that are no UTF-8, though arrow says that they are."""
    offsets = pa.py_buffer(np.arange(N + 1, dtype=np.int32))
    return pa.Array.from_buffers(pa.string(), N, [None, offsets, pa.py_buffer(b"\xff" * N)])


WIDE = pa.decimal256(50, 2)
COLUMNS = {
    "decimals": (pa.array([Decimal(int(c)) for c in LABELS], WIDE), None),
    "decimals in records": (
        pa.array([{"a": Decimal(1)}] * N, pa.struct([("a", WIDE)])),
        "Allowed: numbers, texts, and lists",
    ),
    "decimals in lists": (pa.array([[Decimal(1), Decimal(0)]] * N, pa.list_(WIDE)), None),
    "maps": (pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int64())), "Allowed: numbers, texts, and lists"),
    "no UTF-8": (bad_utf8(), "column 'pred' is damaged"),
    "empty lists": (pa.array([[]] * N, pa.list_(pa.float64())), "holds an empty list"),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_that_polars_would_panic_at(tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str) -> None:
    """No type of Parquet reaches polars that it does not know: its panics print before anybody can catch them."""
    column, expected = COLUMNS[kind]
    table = pa.table({"id": np.arange(N).astype(str), "label": LABELS, "pred": column})
    pq.write_table(table, path := tmp_path / "a.parquet")
    if expected is None:
        assert read(path, Source()).shape[:2] == (1, N)
    else:
        refused(path, expected)
    assert "panicked" not in capfd.readouterr().err


@pytest.mark.parametrize("code", [0xD800, 0x110000, 0xFFFFFFFF])
def test_texts_of_arrays_that_hold_no_letters(tmp_path: Path, capfd: pytest.CaptureFixture[str], code: int) -> None:
    """Halves of letters and numbers beyond Unicode do not reach polars either."""
    content = header((4,), "<U1") + np.array([65, 66, 65, code], np.uint32).tobytes()
    (tmp_path / "a.npy").write_bytes(content)
    refused(tmp_path / "a.npy", "numbers that stand for no letter")
    assert "panicked" not in capfd.readouterr().err


DEEP, MANY = 100_000, 60_000
TEXTS = {
    "cut.csv": ('id,label,pred\na,0,0\nb,1,"', "a quotation mark is never closed"),
    "a.csv": (f"id,label,{'x' * 150_000}\na,0,1\n", "the name of a column is longer than 100,000 letters"),
    "wide.csv": (f"{','.join(f'column{i}' for i in range(MANY))}\n", "its first line, the names of the columns, is longer than"),
    "sparse.csv": ("net,id,pred\n" + "".join(f"n{i},e{i},0\n" for i in range(10_000)), "every network needs all examples"),
    "deep.json": ("[" * DEEP + "]" * DEEP, "nested too deep"),
    "objects.json": ('{"a":' * DEEP + "1" + "}" * DEEP, "nested too deep"),
    "twice.json": ('[{' + "".join(f'"c{i}":1,' for i in range(MANY)) + '"c9":2}]', "has two values named 'c9'"),
    "names.json": (
        json.dumps([{f"c{i}_{j}": 1 for j in range(50)} for i in range(1000)]),
        "1,000 records have 50,000 names, and hardly one of them in common",
    ),
    "half.jsonl": ('{"id": "\\ud800", "pred": 1}', "half of a letter"),
    "key.json": ('{"\\udfff": 1, "\\udfff": 1}', "two values named '\ufffd'"),
    "long.json": ("[" + '{"k' + "x" * 10_000 + '":1}]', "say which column holds the predictions"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_are_made_to_be_long_deep_or_wide(tmp_path: Path, name: str) -> None:
    """Each has its true cause."""
    text, expected = TEXTS[name]
    (tmp_path / name).write_text(text)
    refused(tmp_path / name, expected, replicates="net" if name == "sparse.csv" else None)


# What is no file


@pytest.fixture
def no_files(tmp_path: Path) -> dict[str, str]:
    """Paths that are no files, and what is said of them."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "random.csv").symlink_to("/dev/urandom")
    return {
        "pipe.csv": "is no file but a pipe",
        "loop.csv": "cannot be opened: Too many levels of symbolic links",
        "zero.csv": "is no file but a device",
        "random.csv": "is no file but a device",
        "x" * 300 + ".csv": "cannot be opened: File name too long",
        "absent.csv": "there is no file",
    }


def test_what_is_no_file_is_never_opened(run: Run, tmp_path: Path, no_files: dict[str, str]) -> None:
    """A pipe would wait, a device go on for ever."""
    (tmp_path / "a.csv").write_text(GOOD)
    for name, expected in no_files.items():
        refused(tmp_path / name, expected)
        with pytest.raises(StudyFileError):
            read_study_file(tmp_path / name)
        result = run("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--class-names", tmp_path / name)
        assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
        assert expected in result.output
    for option in ("--labels", "--examples"):
        for name in ("pipe.csv", "x" * 300):
            place = ("--db", tmp_path / "s", "--dataset", "d", "--population", "p")
            assert run("import", tmp_path / "a.csv", *place, option, tmp_path / name).exit_code == 1
    assert run("compare", tmp_path / "a.csv", tmp_path / "pipe.csv").exit_code == 1


def test_a_pipe_beside_an_export_is_left_alone(tmp_path: Path) -> None:
    """FiftyOne keeps the names of the classes beside its samples: what is there need not be a file."""
    label = {"_cls": "Classification", "label": "a"}
    samples = [{"filepath": f"{i}.png", "truth": label, "said": {**label, "confidence": 0.5}} for i in range(3)]
    (tmp_path / "samples.json").write_text(json.dumps({"samples": samples}))
    os.mkfifo(tmp_path / "metadata.json")
    assert read(tmp_path / "samples.json", Source()).shape[1] == 3


def one_line(result: Result, *expected: str) -> None:
    """A command that failed and said so in one line."""
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1), result.output
    for words in expected:
        assert words in result.output


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_pipe_among_shards(run: Run, tmp_path: Path, scheme: str) -> None:
    """Also where the folder is given as an address."""
    (tmp_path / "shards").mkdir()
    os.mkfifo(tmp_path / "shards" / "x.parquet")
    result = run("merge", f"{scheme}{tmp_path}/shards", "--db", tmp_path / "s.duckdb")
    one_line(result, "x.parquet is no file but a pipe, and no shard: move it away.")


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("log", [".wal", ".wal.checkpoint", ".wal.recovery"])
def test_a_pipe_in_place_of_a_log(run: Run, toy: Study, tmp_path: Path, log: str) -> None:
    """DuckDB opens the files of its log by itself: for reading, for writing, and beside a study that it makes."""
    toy.close()
    expected = f"{log} is no file but a pipe, where the log of {toy.path.name} belongs: move it away."
    pipe = toy.path.with_name(f"{toy.path.name}{log}")
    os.mkfifo(pipe)
    one_line(run("info", toy.path), expected)
    one_line(run("analyze", toy.path), expected)
    toy.path.unlink()
    with pytest.raises(StudyError, match=expected):
        Study.create(toy.path)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", [MANIFEST, "predictions.parquet"])
def test_a_pipe_in_an_exported_study(run: Run, toy: Study, tmp_path: Path, name: str) -> None:
    """The manifest is read first, and each table for its checksum."""
    folder = export_folder(toy, tmp_path / "folder")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    one_line(run("import", folder, "--db", tmp_path / "s.duckdb"), f"{name} is no file but a pipe, and no part of an")


@pytest.mark.usefixtures("soon")
def test_pipes_where_categories_and_outputs_belong(run: Run, toy: Study, tmp_path: Path) -> None:
    """A codebook, a page that is there already, and the list of the figures of the run before."""
    toy.close()
    os.mkfifo(tmp_path / "pipe.html")
    with pytest.raises(StudyError, match=r"is no file but a pipe: name a file of categories"):
        read_codebook(tmp_path / "pipe.html")
    (tmp_path / "out" / "figures").mkdir(parents=True)
    os.mkfifo(tmp_path / "out" / "figures" / "figures.json")
    assert run("analyze", toy.path, "--out", tmp_path / "out").exit_code == 0
    one_line(run("report", toy.path, "--out", tmp_path / "pipe.html"), "is no file but a pipe: choose another --out.")


# Pictures


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A picture that says this size, with chunks before its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    body = [(b"IHDR", size), *chunks, (b"IDAT", zlib.compress(bytes((width + 1) * min(height, 8)))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in body)


PACKED = zlib.compress(b"x" * 20_000_000)
PICTURES = {
    "pixels": png(100_000, 100_000),
    "text": png(8, 8, (b"zTXt", b"k\0\0" + PACKED)),
    "profile": png(8, 8, (b"iCCP", b"k\0\0" + PACKED)),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(ran) (w) file closefile showpage\n",
    "no picture": b"root:x:0:0\n",
}


def pictured(folder: Path) -> int:
    """Import two examples with their pictures; how many there are."""
    (folder / "a.csv").write_text(GOOD)
    (folder / "pictures" / "b.png").write_bytes(png(8, 8))
    with Study.open_or_create(folder / "s.duckdb") as study:
        options: dict[str, Any] = {"dataset": "d", "population": "p", "images": folder / "pictures"}
        return pietools.import_predictions(study, folder / "a.csv", accept_chance=True, **options)[0].n_pictures


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_that_are_made_to_do_harm(tmp_path: Path, kind: str) -> None:
    """Pixels, texts and profiles that expand, and what only a program could draw, whatever it is called."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(PICTURES[kind])
    with pytest.raises(ImportFileError, match=r"a\.png is no picture that can be read") as caught:
        pictured(tmp_path)
    assert "/tmp" not in str(caught.value).partition("can be read:")[2] or kind in ("PostScript", "no picture")


def test_pictures_stay_in_their_folder(tmp_path: Path) -> None:
    """A link that leads out of it would put a private picture into a study that is given away."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "private.png").write_bytes(png(8, 8))
    (link := tmp_path / "pictures" / "a.png").symlink_to("../private.png")
    with pytest.raises(ImportFileError, match=r"a\.png is a link that leads out of .*private\.png"):
        pictured(tmp_path)
    link.unlink()
    link.symlink_to("b.png")
    assert pictured(tmp_path) == 2
    with pytest.raises(OSError, match="is no file but a device"), opened(Path("/dev/zero")):
        pass


# Checksums


def test_a_flipped_bit_in_a_page_with_a_checksum(tmp_path: Path) -> None:
    """Parquet with checksums is refused when a bit is another one."""
    numbers = np.random.default_rng(0).normal(size=N)
    pq.write_table(
        pa.table({"pred": numbers}), path := tmp_path / "a.parquet", write_page_checksum=True, use_dictionary=False
    )
    data = bytearray(path.read_bytes())
    data[data.index(numbers[100].tobytes())] ^= 1
    path.write_bytes(data)
    refused(path, "CRC checksum verification failed", kind="logits")


def test_tags_have_checksums(run: Run, tmp_path: Path) -> None:
    """What pietools itself writes for other programs is guarded."""
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(GOOD.replace("b,1,1", "b,1,0"))
    result = run("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--accept-chance", "--tags", tmp_path / "t.parquet")
    assert result.exit_code == 0, result.output
    path = tmp_path / "t.parquet"
    data = bytearray(path.read_bytes())
    data[30] ^= 1  # in the first page
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"CRC|checksum|deserialize|decompress"):
        pq.read_table(path, page_checksum_verification=True)


# Errors


@pytest.mark.parametrize("quote", ["'", ""])
def test_messages_are_short(quote: str) -> None:
    """What a file says is cut, and cause and cure stay."""
    value = quote + "a b" * 60_000 + quote
    message = str(PietoolsError(f"a.csv: {value} and {quote}{'x' * 150_000}{quote} are alike: rename one."))
    assert len(message) <= LONGEST
    assert message.startswith("a.csv: ")
    assert message.endswith(" are alike: rename one.")
    assert str(PietoolsError("half \ud800 of one")) == "half \ufffd of one"


def test_wrong_usage_is_short(run: Run) -> None:
    """Also where click says it."""
    for arguments in (["x" * 100_000], ["import", "a.csv", "--db", "s", f"--{'y' * 100_000}"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert len(result.output) < 2 * LONGEST


class PanicException(BaseException):
    """What polars raises when Rust panics."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            OSError(28, "No space left on device"),
            "a file could not be read or written to its end: No space left on device.",
        ),
        (
            OSError(28, "No space left on device", "f.svg"),
            "cannot read or write f.svg: No space left on device. Make room",
        ),
        (MemoryError(), "the memory is full"),
        (PanicException("operator does not support"), "polars gave up"),
    ],
)
def test_causes_are_not_guessed(monkeypatch: pytest.MonkeyPatch, error: BaseException, expected: str) -> None:
    """A file that is full is not called stdout, a full memory no damage, a panic no traceback."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(command_of("doctor"), "callback", fail)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert expected in result.output
    assert "stdout" not in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_full_stdout_is_called_so(option: str) -> None:
    """Also where no command runs."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pietools", option]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write to stdout: No space left on device.\n"


# STUDY.toml

STUDY = """\
[study]
file = "s.duckdb"
[data]
name = "digits"
[training]
steps = 10
[[regime]]
name = "supervised"
"""
SPARSITIES = ", ".join(f"0.{i:06d}" for i in range(1, 50_000))
COMPRESSION = "\n[[compression]]\nmethod = 'magnitude'\nsparsity = "
ABSURD = [
    ("steps", "batch_size = 2147483647\nsteps", "must be less than or equal to 100000"),
    ("steps = 10", "steps = 2147483647", "must be less than or equal to 100000000"),
    ("steps", "learning_rate = 1e308\nsteps", "must be less than or equal to 1000"),
    ("[data]", "replicates = 2147483647\n[data]", "must be less than or equal to 1000"),
    (
        '"supervised"',
        f"'supervised'{COMPRESSION}[{SPARSITIES}]",
        "[[compression]] sparsity has 49,999 entries. Allowed: 100.",
    ),
    (
        '"supervised"',
        "'supervised'" + "".join(f"{COMPRESSION}0.{i:06d}" for i in range(1, 2000)),
        "[compression] has 1,999 entries. Allowed: 1,000.",
    ),
    (
        '"supervised"',
        "'supervised'" + f"{COMPRESSION}[{SPARSITIES[:900]}]" * 20,
        "regimes and compressions make 1,801 populations or more. Allowed: 1,000.",
    ),
    ("steps", f"{'a.' * 50_000}a = 1\nsteps", "a key has more than 5,000 parts"),
    ("[data]", f"# {'x' * 1_000_000}\n[data]", "has 1 MB, and a STUDY.toml at most 1 MB"),
    (
        '"supervised"',
        f"'supervised'\n[[population]]\nname = '{'n' * 500}'\nrole = 'dense'\ncheckpoints = '*'",
        "[[population]] name has 500 letters. Allowed: 200.",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), ABSURD)
def test_numbers_that_nobody_means(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A range for every number, and a length for every list: a plan of them would take for ever."""
    assert old in STUDY
    (tmp_path / "STUDY.toml").write_text(STUDY.replace(old, new, 1))
    with pytest.raises(StudyFileError) as caught:
        read_study_file(tmp_path / "STUDY.toml")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze", "s", "--permutations", "100000000000"],
        ["gallery", "s", "--most", str(10**30)],
        ["validate", "--jobs", "100000000"],
    ],
)
def test_options_that_nobody_means(run: Run, arguments: list[str]) -> None:
    """The message names the range."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "is not in the range" in result.output
