"""Measures sending as an operator would meet it, and prints the table of docs/performance.md.

    make bench                                   the table; some minutes
    make bench ARGS="--quick"                    fewer mails, one round
    make bench ARGS="send --subscribers 100000"  one `briefings bench send`, passed on as it is

Each rate stands beside Postfix's `smtp-source -d -s 8` to the same sink with mails of the same
size, in turn, and the median of the rounds is printed. Without Postfix's tools the lines that
need them say so. Other work on the machine shows in the rates; CPU per mail does not mind it much.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-c", "from briefings.cli import main; main()"]
LANES = 8
MILLION = 1_000_000


def main() -> int:
    """Print the table, or pass a command on."""
    if sys.argv[1:2] == ["send"]:
        return subprocess.run([*COMMAND, "bench", *sys.argv[1:]], cwd=ROOT, check=False).returncode  # noqa: S603 - this program
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="10,000 mails, one round")
    parser.add_argument("--mails", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="also freeze 1,000,000 readers")
    chosen = parser.parse_args()
    mails, rounds = (10_000, 1) if chosen.quick else (chosen.mails, chosen.rounds)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{mails:,} mails, {LANES} lanes, median of {rounds}, {time.strftime('%Y-%m-%d')}")
    print(f"load before: {os.getloadavg()[0]:.1f}\n")
    print("| what | measured | smtp-source | ratio |\n|---|---|---|---|")
    for chunking in (False, True):
        _rate_lines(mails, rounds, chunking=chunking)
    _leaving_lines(mails)
    if chosen.million:
        _million_lines()
    return 0


def _line(what: str, measured: str, beside: str = "", ratio: str = "") -> None:
    print(f"| {what} | {measured} | {beside} | {ratio} |", flush=True)


def _rate_lines(mails: int, rounds: int, *, chunking: bool) -> None:
    """The rate of ours and of smtp-source at one sink, in turn."""
    name = "CHUNKING" if chunking else "PIPELINING"
    ours: list[dict[str, float]] = []
    theirs: list[float] = []
    own_sink = chunking or _tool("smtp-sink") is None
    for _ in range(rounds):
        with _postfix_sink() if not own_sink else _own_sink(chunking=chunking) as port:
            ours.append(_bench("--subscribers", str(mails), "--smtp", f"smtp://127.0.0.1:{port}"))
        with _postfix_sink() if not own_sink else _own_sink(chunking=chunking) as port:
            rate = _smtp_source(port, mails, int(ours[-1]["mail_bytes"]))
            if rate is not None:
                theirs.append(rate)
    rate = statistics.median(each["mails_per_second"] for each in ours)
    sink = "our sink" if own_sink else "smtp-sink"
    size = ours[-1]["mail_bytes"] / 1000
    what = f"mails/s with {name}, {size:.0f} kB, to {sink}"
    if theirs:
        beside = statistics.median(theirs)
        _line(what, f"{rate:,.0f}", f"{beside:,.0f}", f"{rate / beside:.2f}")
    else:
        _line(what, f"{rate:,.0f}", "not installed (apt-get install postfix)")
    cpu = statistics.median(each["cpu_ms_per_mail"] for each in ours)
    _line(f"CPU per mail with {name}, everything included", f"{cpu:.3f} ms")
    _line(f"peak RSS, {mails:,} readers", f"{max(e['peak_rss_mb'] for e in ours):.0f} MB")
    _line(
        f"freeze of {mails:,}; longest lock",
        f"{statistics.median(e['freeze_seconds'] for e in ours):.1f} s; "
        f"{statistics.median(e['longest_lock_ms'] for e in ours):.0f} ms",
    )


def _leaving_lines(mails: int) -> None:
    found = _bench("--subscribers", str(mails), "--unsubscribes", "100")
    _line(
        "unsubscribes from another process, 100/s, at full rate",
        f"p50 {found['unsubscribe_p50_ms']:.1f} ms, p99 {found['unsubscribe_p99_ms']:.1f} ms "
        f"(of {found['unsubscribes']:,})",
    )
    if found["first_mail_after_freeze_seconds"] is not None:
        _line("first mail after the freeze", f"{found['first_mail_after_freeze_seconds']:.2f} s")


def _million_lines() -> None:
    found = _bench("--subscribers", str(MILLION), "--freeze-only")
    _line(
        "freeze of 1,000,000, `received` included",
        f"{found['freeze_seconds']:.1f} s; longest lock {found['longest_lock_ms']:.0f} ms",
    )
    _line("peak RSS, 1,000,000 readers", f"{found['peak_rss_mb']:.0f} MB")
    first = found["first_mail_after_freeze_seconds"]
    _line("first mail after that freeze", f"{first:.2f} s")


def _bench(*arguments: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - this program
        [*COMMAND, "bench", "send", "--lanes", str(LANES), "--json", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr.strip() or done.stdout.strip())
    return json.loads(done.stdout)


def _tool(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


def _smtp_source(port: int, mails: int, size: int) -> float | None:
    """Mails a second of Postfix's own source, over as many connections as we have lanes."""
    program = _tool("smtp-source")
    if program is None:
        return None
    command = [program, "-d", "-s", str(LANES), "-m", str(mails), "-l", str(size)]
    began = time.monotonic()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, capture_output=True)  # noqa: S603 - found above
    return mails / (time.monotonic() - began)


@contextmanager
def _postfix_sink() -> Generator[int]:
    program = _tool("smtp-sink")
    assert program is not None
    port = _free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(  # noqa: S603 - found above
        [program, *user, f"127.0.0.1:{port}", "1024"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as sink:
        _wait_for(port)
        try:
            yield port
        finally:
            sink.terminate()


@contextmanager
def _own_sink(*, chunking: bool) -> Generator[int]:
    command = [sys.executable, "-m", "briefings.testing.sink", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - this program
        command + ([] if chunking else ["--no-chunking"]),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as sink:
        assert sink.stderr is not None
        port = int(sink.stderr.readline().rpartition(":")[2])
        try:
            yield port
        finally:
            sink.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink did not start")


if __name__ == "__main__":
    sys.exit(main())
