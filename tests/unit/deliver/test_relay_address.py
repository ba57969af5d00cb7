import ssl

import pytest

from briefings.deliver.relay import Relay, verifying_context
from briefings.errors import WrongSetting


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example", "mail.example", 25, "none"),
        ("smtp://mail.example:2525/", "mail.example", 2525, "none"),
        ("SMTPS://mail.example", "mail.example", 465, "tls"),
        ("smtp+starttls://mail.example", "mail.example", 587, "starttls"),
        ("smtp://[::1]:26", "::1", 26, "none"),
    ],
)
def test_ports_and_encryption_follow_the_scheme(url, host, port, security):
    relay = Relay.parse(url)
    assert (relay.host, relay.port, relay.security) == (host, port, security)


def test_user_and_password_are_unescaped():
    relay = Relay.parse("smtp+starttls://me%40here:p%2Fw%3A%25@mail.example")
    assert (relay.username, relay.password) == ("me@here", "p/w:%")


def test_no_form_of_text_shows_the_secret():
    relay = Relay.parse("smtps://someone:geheim@mail.example")
    for text in (str(relay), repr(relay), f"{relay}"):
        assert "geheim" not in text
        assert "someone" not in text
    assert str(relay) == "mail.example:465"
    assert str(Relay.parse("smtp://[::1]:26")) == "[::1]:26"


@pytest.mark.parametrize(
    "url",
    [
        "http://u:geheim@mail.example",
        "smtp:mail.example",
        "smtp://",
        "smtps://u:geheim@",
        "smtps://u:geheim@mail.example:70000",
        "smtps://u:geheim@mail.example:0",
        "smtps://u:geheim@mail.example:x",
        "smtps://u:geheim@mail.example/path",
        "smtps://u:geheim@mail.example?x=1",
        "smtps://u@mail.example",
        "smtps://:geheim@mail.example",
        "smtp://u:geheim@mail.example",
        "smtp://u:geheim@192.0.2.1",
        "smtp://bad host",
        "smtp://[::1",
        "",
    ],
)
def test_a_wrong_address_names_the_allowed_forms_and_hides_the_value(url):
    with pytest.raises(WrongSetting) as caught:
        Relay.parse(url)
    assert "smtp+starttls://" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_login_in_clear_stays_on_this_machine(host):
    assert Relay.parse(f"smtp://u:p@{host}").username == "u"


def test_certificates_and_names_are_checked():
    context = verifying_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_unreadable_certificate_file_is_named(tmp_path):
    with pytest.raises(WrongSetting, match=r"absent\.pem"):
        verifying_context(authorities=str(tmp_path / "absent.pem"))
