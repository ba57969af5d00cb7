import errno
import os
import stat
import subprocess
import sys
from email import message_from_bytes, policy

import pytest

from briefings.deliver.maildir import Maildir
from briefings.deliver.wire import Outgoing
from briefings.errors import Misconfigured
from briefings.model.reply import Accepted, Returned


def mail(row=1, recipient="ada@example.org", key=None, body="hello"):
    key = f"Message-ID: <{row}@x>\r\n" if key is None else key
    content = f"Subject: x\r\n{key}\r\n{body}\r\n".encode()
    return Outgoing(delivery_id=row, sender="n@x", recipient=recipient, content=content)


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_mail_is_stored_whole_and_private(tmp_path):
    box = Maildir(tmp_path / "a" / "outbox")
    assert isinstance(box.deliver(mail()), Accepted)
    box.sync()
    assert "already" in box.deliver(mail()).reply.text
    (path,) = (tmp_path / "a" / "outbox" / "new").iterdir()
    assert path.read_bytes() == b"Subject: x\nMessage-ID: <1@x>\n\nhello\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in ("", "new", "cur", "tmp"):
        assert stat.S_IMODE((tmp_path / "a" / "outbox" / folder).stat().st_mode) == 0o700
    assert names(tmp_path / "a" / "outbox" / "tmp") == []
    parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert parsed.defects == []


def test_a_repeat_is_recognised_in_new(tmp_path):
    first = Maildir(tmp_path).deliver(mail())
    again = Maildir(tmp_path).deliver(mail(body="another Date, the same delivery"))
    assert isinstance(again, Accepted)
    assert "already" in again.reply.text
    assert "stored" in first.reply.text
    assert len(names(tmp_path / "new")) == 1


@pytest.mark.parametrize("flags", ["", ":2,", ":2,FS"])
def test_a_repeat_is_recognised_in_cur_with_any_flags(tmp_path, flags):
    box = Maildir(tmp_path)
    box.deliver(mail())
    (path,) = (tmp_path / "new").iterdir()
    path.rename(tmp_path / "cur" / (path.name + flags))
    assert isinstance(box.deliver(mail()), Accepted)
    assert isinstance(Maildir(tmp_path).deliver(mail()), Accepted)
    assert names(tmp_path / "new") == []


def test_other_deliveries_readers_and_databases_are_other_mails(tmp_path):
    Maildir(tmp_path).deliver(mail())
    Maildir(tmp_path).deliver(mail(2))
    Maildir(tmp_path).deliver(mail(recipient="bob@example.org"))
    Maildir(tmp_path, namespace="other").deliver(mail())
    Maildir(tmp_path).deliver(mail(key="MESSAGE-ID: <z@x>\r\n"))
    Maildir(tmp_path).deliver(mail(key=""))
    Maildir(tmp_path).deliver(mail(7, key=""))
    assert len(names(tmp_path / "new")) == 7


def test_a_crash_in_the_middle_leaves_nothing_in_new_and_the_repeat_works(tmp_path):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from briefings.deliver.maildir import Maildir\n"
        "from briefings.deliver.wire import Outgoing\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Maildir(Path(sys.argv[1])).deliver(Outgoing(delivery_id=1, sender='n@x',"
        " recipient='ada@example.org', content=b'Message-ID: <1@x>\\r\\n\\r\\nx\\r\\n'))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert names(tmp_path / "new") == []
    assert len(names(tmp_path / "tmp")) == 1
    assert isinstance(Maildir(tmp_path).deliver(mail()), Accepted)
    assert len(names(tmp_path / "new")) == 1


def test_a_file_system_without_links_works_and_never_overwrites(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    box = Maildir(tmp_path)
    assert isinstance(box.deliver(mail()), Accepted)
    (path,) = (tmp_path / "new").iterdir()
    before = path.stat().st_ino
    with pytest.raises(FileExistsError):
        box._publish(tmp_path / "tmp" / "x", path)
    assert path.stat().st_ino == before


def test_another_process_that_is_faster_counts_once(tmp_path, monkeypatch):
    real = os.link

    def beaten(source, target):
        real(source, target)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "link", beaten)
    outcome = Maildir(tmp_path).deliver(mail())
    assert "already" in outcome.reply.text
    assert len(names(tmp_path / "new")) == 1


def test_a_full_disk_gives_the_mail_back_and_leaves_no_half_mail(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    box = Maildir(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    outcome = box.deliver(mail())
    assert isinstance(outcome, Returned)
    assert str(tmp_path) in outcome.reason
    assert "No space left" in outcome.reason
    assert names(tmp_path / "new") == names(tmp_path / "tmp") == []
    with pytest.raises(Misconfigured, match="MAIL_URL"):
        box.sync()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(Misconfigured, match="outbox"):
        Maildir(tmp_path / "outbox")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Misconfigured, match="MAIL_URL"):
        Maildir(tmp_path)
