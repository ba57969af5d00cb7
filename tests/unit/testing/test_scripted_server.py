"""The shipped server is what other tests trust, so it is judged here by smtplib."""

import asyncio
import signal
import smtplib
import ssl
import subprocess
import sys

import pytest
import trustme

from briefings.errors import WrongFile
from briefings.testing import smtp_server
from briefings.testing.ledger import Acceptance, message_key, read_ledger, repeated
from briefings.testing.script import Fault, Play, Point, Script, read_script
from briefings.testing.smtp_server import ScriptedServer

MAIL = b"Message-ID: <1@x>\r\nSubject: x\r\n\r\n.dot\r\nhello\r\n"


async def talk(server, work, **options):
    def run():
        client = smtplib.SMTP(server.host, server.port, timeout=5, local_hostname="c", **options)
        try:
            return work(client)
        finally:
            client.close()

    return await asyncio.to_thread(run)


def send(client, recipient="ada@example.org", content=MAIL):
    return client.sendmail("n@x.example", [recipient], content)


def say(client, words):
    client.send(words + b"\r\n")
    return client.getreply()[0]


async def test_it_accepts_and_writes_the_ledger_first(tmp_path):
    async with ScriptedServer(ledger=tmp_path / "l.txt") as server:
        await talk(server, send)
        assert server.contents == [MAIL]
    assert read_ledger(tmp_path / "l.txt") == [Acceptance("<1@x>", "ada@example.org")]
    assert read_ledger(tmp_path / "absent.txt") == []


async def test_an_acceptance_is_in_the_ledger_though_the_250_never_goes_out(tmp_path):
    fault = Fault(at=Point.ACCEPTED, close=True)
    async with ScriptedServer(Script(faults=(fault,)), ledger=tmp_path / "l.txt") as server:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            await talk(server, send)
    assert len(read_ledger(tmp_path / "l.txt")) == 1


async def test_a_mail_dropped_after_its_last_byte_is_not_in_the_ledger(tmp_path):
    fault = Fault(at=Point.RECEIVED, close=True)
    async with ScriptedServer(Script(faults=(fault,)), ledger=tmp_path / "l.txt") as server:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            await talk(server, send)
    assert read_ledger(tmp_path / "l.txt") == []


@pytest.mark.parametrize(
    ("point", "error"),
    [
        (Point.MAIL, smtplib.SMTPSenderRefused),
        (Point.RCPT, smtplib.SMTPRecipientsRefused),
        (Point.DATA, smtplib.SMTPDataError),
        (Point.RECEIVED, smtplib.SMTPDataError),
    ],
)
async def test_a_reply_can_be_put_at_every_command(point, error):
    async with ScriptedServer(Script(faults=(Fault(at=point, reply="451 4.0.0 no"),))) as server:
        with pytest.raises(error):
            await talk(server, send)
        assert server.accepted == []


async def test_a_delay_and_a_hold_only_postpone_the_answer():
    faults = (Fault(at=Point.MAIL, delay=0.001), Fault(at=Point.RCPT, hold=True))
    async with ScriptedServer(Script(faults=faults)) as server:
        sending = asyncio.create_task(talk(server, send))
        await server.until(lambda: any(line.startswith("rcpt") for line in server.commands))
        assert server.accepted == []
        server.release()
        await sending
        assert len(server.accepted) == 1


async def test_wrong_order_and_unknown_words_are_refused():
    def work(client):
        client.ehlo()
        asked = ["NOOP", "NONSENSE", "DATA", "RCPT TO:<a@b>", "BDAT 0 LAST", "STARTTLS"]
        codes = [client.docmd(words)[0] for words in asked]
        client.mail("a@b")
        return [*codes, client.mail("a@b")[0], client.docmd("DATA")[0], client.rset()[0]]

    async with ScriptedServer() as server:
        found = await talk(server, work)
    assert found == [250, 500, 503, 503, 503, 502, 503, 554, 250]


async def test_bdat_in_pieces_is_one_mail():
    def work(client):
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt("c@d.example")
        first = say(client, b"BDAT 19\r\n" + MAIL[:17])
        return first, say(client, b"BDAT %d LAST\r\n" % (len(MAIL) - 19) + MAIL[19:-2])

    async with ScriptedServer() as server:
        assert await talk(server, work) == (250, 250)
        assert server.contents == [MAIL]


async def test_size_and_connection_limits_hold():
    async with ScriptedServer(Script(extensions=("SIZE 10",), connections=1)) as server:
        with pytest.raises(smtplib.SMTPSenderRefused):
            await talk(server, send)

        def second(_):
            with pytest.raises(smtplib.SMTPConnectError, match="too many"):
                smtplib.SMTP(server.host, server.port, timeout=5)

        await talk(server, second)


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
async def test_logins_are_checked(method):
    def work(client, password):
        client.ehlo()
        client.user, client.password = "me", password
        return client.auth(method[5:].upper(), getattr(client, method))[0]

    async with ScriptedServer(Script(login=("me", "right"))) as server:
        assert await talk(server, lambda client: work(client, "right")) == 235
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await talk(server, lambda client: work(client, "wrong"))
        with pytest.raises(smtplib.SMTPSenderRefused, match="log in first"):
            await talk(server, send)


async def test_a_login_without_words_is_refused():
    async with ScriptedServer(Script(login=("me", "right"))) as server:
        for words in (b"AUTH PLAIN !!!\r\n", b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n\r\n"):
            await talk(server, lambda client, words=words: (client.ehlo(), say(client, words)))
        with pytest.raises(smtplib.SMTPSenderRefused, match="log in first"):
            await talk(server, send)


async def test_it_can_be_changed_while_it_runs():
    async with ScriptedServer() as server:
        server.script = Script(faults=(Fault(at=Point.RCPT, reply="550 5.1.1 no"),))
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await talk(server, send)


def test_a_fault_strikes_whom_when_and_how_often_it_says():
    play = Play(
        Script(
            faults=(
                Fault(at=Point.RCPT, recipient="*@Slow.example", times=2, reply="450 x"),
                Fault(at=Point.MAIL, first=3, last=9, every=3, close=True),
            )
        )
    )
    hits = [play.fault(Point.RCPT, 1, "a@slow.example") is not None for _ in range(3)]
    assert hits == [True, True, False]
    assert play.fault(Point.RCPT, 1, "a@fast.example") is None
    assert [n for n in range(1, 14) if play.fault(Point.MAIL, n)] == [3, 6, 9]


def test_a_script_is_read_from_json():
    script = read_script(
        '{"extensions": ["CHUNKING"], "connections": 3, "login": ["a", "b"], "starttls": false,'
        ' "faults": [{"at": "body", "bytes": 9, "delay": 0.5, "hang": true, "hold": true}]}'
    )
    assert script.extensions == ("CHUNKING",)
    assert (script.connections, script.login, script.starttls) == (3, ("a", "b"), False)
    assert script.faults == (Fault(at=Point.BODY, bytes=9, delay=0.5, hang=True, hold=True),)
    assert read_script("{}") == Script()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"speed": 1}', "allowed: connections"),
        ('{"faults": {}}', "must be a JSON list"),
        ('{"faults": [{"at": "nowhere"}]}', "fault 1.*allowed: connect"),
        ('{"faults": [{"at": "mail", "delay": "x"}]}', "must be seconds"),
        ('{"faults": [{"at": "mail", "times": -1}]}', "whole number"),
        ('{"connections": true}', "whole number"),
        ('{"login": ["a"]}', "login"),
    ],
)
def test_a_wrong_script_is_explained(text, words):
    with pytest.raises(WrongFile, match=words):
        read_script(text)


def test_repeats_are_found():
    one, two = Acceptance("<1@x>", "a"), Acceptance("<2@x>", "a")
    assert repeated([one, two, one]) == {one: 2}
    assert repeated([one, two]) == {}


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"Subject: x\r\nmessage-id:  <a@b>\r\n\r\nMessage-ID: <no@b>\r\n", "<a@b>"),
        (b"Message-ID:\r\n <folded@b>\r\nSubject: x\r\n\r\n", "<folded@b>"),
        (b"Subject: x\r\n\r\nMessage-ID: <no@b>\r\n", ""),
    ],
)
def test_the_key_of_a_mail_is_its_message_id(content, key):
    assert message_key(content) == key


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def command(tmp_path):
    running = []

    def start(module, *words):
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", module, "--port", "0", *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        port = int(running[-1].stdout.readline().rsplit(":", 1)[1])
        return running[-1], port

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_it_runs_as_a_command_and_counts(command, tmp_path, authority):
    pem = tmp_path / "server.pem"
    leaf = authority.issue_cert("127.0.0.1")
    pem.write_bytes(
        leaf.private_key_pem.bytes() + b"".join(part.bytes() for part in leaf.cert_chain_pems)
    )
    faults = tmp_path / "faults.json"
    faults.write_text('{"faults": [{"at": "rcpt", "first": 2, "hold": true}]}')
    process, port = command(
        "briefings.testing.smtp_server",
        *("--ledger", str(tmp_path / "l.txt"), "--script", str(faults), "--certificate", str(pem)),
    )
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with smtplib.SMTP("127.0.0.1", port, timeout=5, local_hostname="c") as client:
        client.starttls(context=trusted)
        send(client)
        process.send_signal(signal.SIGUSR1)
        send(client)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert process.stdout.read() == "2 mails accepted on 1 connections\n"
    assert len(read_ledger(tmp_path / "l.txt")) == 2


@pytest.mark.parametrize(
    "words", [["--script", "{"], ["--script", "absent.json"], ["--certificate", "absent.pem"]]
)
def test_a_wrong_call_is_one_line_and_code_2(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert smtp_server.main(["--port", "0", *words]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("chunking", [True, False])
def test_the_sink_counts_what_it_swallows(command, chunking):
    process, port = command(
        "briefings.testing.sink", "--expect", "3", *([] if chunking else ["--no-chunking"])
    )
    big = MAIL + b"x" * 70 + b"\r\n" + b"y" * 300_000 + b"\r\n"
    with smtplib.SMTP("127.0.0.1", port, timeout=5, local_hostname="c") as client:
        client.ehlo()
        assert client.has_extn("chunking") is chunking
        send(client)
        send(client, content=big)
        if chunking:
            client.mail("a@b")
            client.rcpt("c@d")
            client.send(b"BDAT %d LAST\r\n" % len(big) + big)
            assert client.getreply()[0] == 250
        else:
            send(client)
    assert process.wait(5) == 0
    assert '"mails": 3' in process.stdout.read()
