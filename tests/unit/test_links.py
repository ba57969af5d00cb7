"""Tokens of personal links: what they allow, how long, and how they fail."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from briefings.errors import Misconfigured, Refused, UnsafeValue, WrongSetting
from briefings.links import (
    LIFETIMES,
    BadToken,
    ExpiredToken,
    Purpose,
    Signer,
    Token,
    item_url,
    one_click_url,
    preferences_url,
    view_url,
)

OLD, NEW = b"o" * 32, b"n" * 32
NOW = 1_787_500_000
signer = Signer([NEW])


class TestSecrets:
    @pytest.mark.parametrize(
        "setting", ["", ",", "short", "n" * 31, "n" * 32 + ",", "n" * 32 + ",old"]
    )
    def test_short_ones_are_refused_and_not_shown(self, setting):
        with pytest.raises(WrongSetting, match="SECRET_KEY needs 32 characters") as refusal:
            Signer.from_setting(setting)
        assert "nnn" not in str(refusal.value)
        assert "old" not in str(refusal.value)

    def test_none_at_all_are_refused(self):
        with pytest.raises(WrongSetting):
            Signer([])

    def test_the_first_signs_and_every_one_is_accepted(self):
        rotated = Signer.from_setting("n" * 32 + ", " + "o" * 32 + "\n")
        old_token = Signer([OLD]).sign(Purpose.VIEW, 7, 9)
        assert rotated.sign(Purpose.VIEW, 7, 9) == signer.sign(Purpose.VIEW, 7, 9) != old_token
        assert rotated.read(Purpose.VIEW, old_token).reader_id == 7

    def test_a_token_dies_with_its_secret(self):
        token = Signer([OLD]).sign(Purpose.UNSUBSCRIBE, 7)
        with pytest.raises(BadToken, match="not one of ours"):
            signer.read(Purpose.UNSUBSCRIBE, token)


class TestTokens:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_say_what_was_signed(self, purpose):
        token = signer.sign(purpose, 1_000_001, 2**33, NOW)
        assert signer.read(purpose, token, now=NOW) == Token(
            reader_id=1_000_001, delivery_id=2**33, issued=NOW
        )

    def test_are_hmac_sha256_under_a_key_of_their_purpose(self):
        raw = urlsafe_b64decode(signer.sign(Purpose.UNSUBSCRIBE, 5, 6, 7))
        content = (5).to_bytes(5) + (6).to_bytes(6) + (7).to_bytes(5)
        key = hmac.digest(NEW, b"unsubscribe", "sha256")
        assert raw == content + hmac.digest(key, content, "sha256")[:16] + b"\x01"

    def test_made_together_are_those_made_one_by_one(self):
        purposes = (Purpose.VIEW, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)
        signer = Signer([NEW])
        alone = tuple(signer.sign(each, 7, 9).encode() for each in purposes)
        assert signer.signing(purposes)(7, 9) == alone

    @pytest.mark.parametrize("numbers", [(2**40, 1), (1, 2**48)])
    def test_made_together_refuse_numbers_that_do_not_fit(self, numbers):
        with pytest.raises(UnsafeValue):
            Signer([NEW]).signing([Purpose.VIEW])(*numbers)

    def test_that_expire_are_not_made_together(self):
        with pytest.raises(Misconfigured):
            Signer([NEW]).signing([Purpose.CONFIRM])

    def test_stay_readable_for_ever(self):
        # Another layout would break every link that was ever mailed.
        token = "AAAAAAUAAAAAAAYAAAAAB7f0ChHbU9jWz-tnJwk1qi8B"
        assert signer.sign(Purpose.UNSUBSCRIBE, 5, 6, 7) == token

    @pytest.mark.parametrize("purpose", Purpose)
    def test_are_worth_nothing_for_another_purpose(self, purpose):
        token = signer.sign(purpose, 7, 9, NOW)
        for other in set(Purpose) - {purpose}:
            with pytest.raises(BadToken, match="made for another page"):
                signer.read(other, token, now=NOW)
            raw = urlsafe_b64decode(token)
            code = urlsafe_b64decode(signer.sign(other, 7, 9, NOW))[-1:]
            with pytest.raises(BadToken, match="not one of ours"):
                signer.read(other, urlsafe_b64encode(raw[:-1] + code).decode(), now=NOW)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda t: "",
            lambda t: t[:-1],
            lambda t: t[1:],
            lambda t: t + "A",
            lambda t: t + "\n",
            lambda t: t + "=",
            lambda t: t[:-1] + "=",
            lambda t: t[:-1] + "é",
            lambda t: "+" + t[1:],
            lambda t: " " + t[1:],
            lambda t: t * 1000,
        ],
    )
    def test_cut_or_mangled_ones_ask_for_the_whole_link(self, spoil):
        token = signer.sign(Purpose.UNSUBSCRIBE, 7, 9)
        with pytest.raises(BadToken, match="not complete"):
            signer.read(Purpose.UNSUBSCRIBE, spoil(token))

    def test_swapped_halves_are_refused(self):
        a, b = (signer.sign(Purpose.VIEW, n, n) for n in (1, 2))
        with pytest.raises(Refused, match="not one of ours"):
            signer.read(Purpose.VIEW, a[:20] + b[20:])

    @pytest.mark.parametrize(
        "numbers", [(-1, 0, 0), (2**40, 0, 0), (0, -1, 0), (0, 2**48, 0), (0, 0, -1), (0, 0, 2**40)]
    )
    def test_numbers_that_do_not_fit_are_refused(self, numbers):
        with pytest.raises(UnsafeValue, match="No token can hold"):
            signer.sign(Purpose.VIEW, *numbers)


class TestExpiry:
    @pytest.mark.parametrize("purpose", sorted(LIFETIMES))
    def test_links_of_letters_expire(self, purpose):
        token = signer.sign(purpose, 7, issued=NOW)
        assert signer.read(purpose, token, now=NOW + LIFETIMES[purpose] - 1).reader_id == 7
        with pytest.raises(ExpiredToken, match="Ask for a new one"):
            signer.read(purpose, token, now=NOW + LIFETIMES[purpose])

    @pytest.mark.parametrize("purpose", sorted(set(Purpose) - set(LIFETIMES)))
    def test_links_of_mails_do_not(self, purpose):
        token = signer.sign(purpose, 7, 9, 1)
        assert signer.read(purpose, token, now=2**40).issued == 1
        assert signer.read(purpose, token).issued == 1

    def test_unsubscribing_never_expires(self):
        assert Purpose.UNSUBSCRIBE not in LIFETIMES

    def test_nobody_forgets_the_time_of_a_link_that_expires(self):
        with pytest.raises(Misconfigured, match="when it is issued"):
            signer.sign(Purpose.SIGNIN, 7)
        with pytest.raises(Misconfigured, match="what time it is"):
            signer.read(Purpose.SIGNIN, signer.sign(Purpose.SIGNIN, 7, issued=NOW))


class TestAddresses:
    @pytest.mark.parametrize("base", ["https://briefings.example", "https://briefings.example/"])
    def test_end_with_the_token(self, base):
        assert one_click_url(base, "TOKEN") == "https://briefings.example/unsubscribe/TOKEN"
        assert preferences_url(base, "TOKEN") == "https://briefings.example/preferences/TOKEN"
        assert view_url(base, "TOKEN") == "https://briefings.example/view/TOKEN"

    def test_of_items_are_the_same_for_everybody(self):
        assert item_url("https://example.org/news/", 42) == "https://example.org/news/items/42"
