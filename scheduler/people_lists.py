"""People as a file: who would be invited, who would get a post added, and every reason why not.

Whoever has an account that the reader may see gets the post at once; everybody else is invited by
mail, so that the file tells nobody which addresses have an account elsewhere. An empty cell leaves
what is there, and nobody loses anything by a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from scheduler import invitation_limits, listings, members, texts
from scheduler.imports import Cells, Layout, Problem, Row
from scheduler.invitations import Offer
from scheduler.listings import CODE, Change, Findings, Preview
from scheduler.members import Mandate
from scheduler.models import Invitation, Membership, Organisation, Role, User

NAME, NAME_EN, EMAIL, ROLE, POST = "氏名", "英語名", "メールアドレス", "役割", "職名"
FIRST, LAST, STEP = "開始日", "最終日", "すること"
_COLUMNS = (NAME, NAME_EN, EMAIL, CODE, ROLE, POST, FIRST, LAST)
_DAY = timedelta(days=1)
MOST_PEOPLE = 200
"""Each may be a mail, sent while the page waits; over one connection these take some seconds."""


def _address(text: str) -> str:
    return texts.plain(text).lower()


@dataclass(frozen=True, slots=True)
class Line:
    """`account` is who gets the post at once; None: the address is invited."""

    offer: Offer
    account: User | None


@dataclass
class _Known:
    """What there is, read once for all rows."""

    by: User
    holder: Mandate
    organisations: Mapping[str, Organisation]
    roles: Mapping[str, Role]
    mine: Mapping[str, User]
    """Accounts that the reader may see, by address."""
    closed: frozenset[str]
    """Addresses of those that are closed; of anybody else's nobody learns that there is one."""
    posts: Sequence[Membership]
    invited: Sequence[Invitation]
    first: dict[str, int] = field(default_factory=dict)
    """On which line of the file an address stood first."""


class PeopleListing:
    """As `listings.Listing`, but within a mandate to give posts instead of a scope of settings."""

    slug = "people"
    title: Promise = pgettext_lazy("page", "People")
    layout = Layout(
        columns=_COLUMNS,
        required=(NAME, EMAIL, CODE, ROLE, FIRST),
        most_characters={NAME: 80, NAME_EN: 80, EMAIL: 254, CODE: 20, POST: 40},
        kept={EMAIL: _address, CODE: texts.plain},
        most_rows=MOST_PEOPLE,
    )

    def columns(self) -> Sequence[tuple[str, Promise]]:
        return (
            (NAME, _("required; who has an account keeps the name there")),
            (NAME_EN, _("may stay empty")),
            (EMAIL, _("required; the person signs in with it")),
            (CODE, _("required; the organisation's code")),
            (ROLE, _("required; as on the page of invitations, for example 受信教室の担当")),
            (POST, _("as it is called there, for example 教諭; may stay empty")),
            (FIRST, _("required; the first day of the post")),
            (LAST, _("the last day of the post; empty: until somebody ends it")),
        )

    def judge(self, rows: Sequence[Row], holder: Mandate, *, by: User, now: datetime) -> Preview:
        """A fixed number of queries."""
        found, known = Findings(self.layout, rows), _known(self, rows, holder, by, now)
        for row in rows:
            cells = Cells(row, self.layout)
            line = _line(cells, known)
            if line is not None and not cells.problems:
                _add(found, cells, line, known)
            found.problems += cells.problems
        _limit(found, by, now)
        return found.preview()

    def example(self, holder: Mandate, today: date) -> list[list[str]]:
        """The lines of a file to fill in: at an organisation and in a role that the reader may give."""
        for home in members.organisations(holder):
            role = next((role for role in reversed(Role) if role in holder.roles_at(home)), None)
            if role is not None:
                with translation.override("ja"):
                    label = str(role.label)
                return [
                    ["見本 花子", "Mihon Hanako", "hanako@example.jp", home.code, label, "", str(today), ""]
                ]
        return []


def _known(listing: PeopleListing, rows: Sequence[Row], holder: Mandate, by: User, now: datetime) -> _Known:
    emails = {Cells(row, listing.layout).text(EMAIL) for row in rows} - {""}
    # Addresses of accounts and invitations are kept in small letters.
    mine = members.accounts(holder).filter(email__in=emails)
    open_ones = Invitation.objects.filter(
        email__in=emails, accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    return _Known(
        by=by,
        holder=holder,
        organisations=listings.by_code(list(members.organisations(holder))),
        roles=_roles(),
        mine={account.email: account for account in mine if account.is_active},
        closed=frozenset(account.email for account in mine if not account.is_active),
        posts=list(members.posts(holder).filter(user__email__in=emails).select_related("user")),
        invited=list(open_ones.order_by("pk")),
    )


def _roles() -> dict[str, Role]:
    """By code and by what each is called in either language."""
    found = {_key(role.value): role for role in Role}
    for language in ("ja", "en"):
        with translation.override(language):
            found |= {_key(str(role.label)): role for role in Role}
    return found


def _key(words: str) -> str:
    return texts.plain(words).casefold()


def _line(cells: Cells, known: _Known) -> Line | None:
    organisation = known.organisations.get(cells.text(CODE))
    if organisation is None and cells.text(CODE):
        cells.wrong(CODE, gettext("There is no organisation with this code for which you invite people."))
    role = _role(cells, organisation, known)
    first, last = cells.day(FIRST), cells.day(LAST)
    if first and last and last < first:
        cells.wrong(LAST, gettext("The last day lies before the first."))
    email = _email(cells, known)
    if cells.problems or organisation is None or role is None or first is None:
        return None
    offer = Offer(
        email=email,
        name=cells.text(NAME),
        name_en=cells.text(NAME_EN),
        organisation=organisation,
        role=role.value,
        post=cells.text(POST),
        valid_from=first,
        valid_until=last + _DAY if last else None,
    )
    return Line(offer, known.mine.get(email))


def _role(cells: Cells, organisation: Organisation | None, known: _Known) -> Role | None:
    words = cells.text(ROLE)
    if organisation is None or not words:
        return None
    role = known.roles.get(_key(words))
    given = known.holder.roles_at(organisation)
    if role in given:
        return role
    labels = {"roles": ", ".join(str(each.label) for each in Role if each in given)}
    if role is None or role not in members.ROLES_AT[organisation.kind]:
        cells.wrong(ROLE, gettext("There is no such role there. You may give: %(roles)s") % labels)
    else:
        cells.wrong(ROLE, gettext("You may not give this role. You may give: %(roles)s") % labels)
    return None


def _email(cells: Cells, known: _Known) -> str:
    email = cells.text(EMAIL)
    if not email:
        return email
    try:
        validate_email(email)
    except ValidationError:
        cells.wrong(EMAIL, gettext("This is no e-mail address."))
    first = known.first.setdefault(email, cells.row.line)
    if first != cells.row.line:
        cells.wrong(EMAIL, gettext("Line %(line)d has the same address.") % {"line": first})
    if email == known.by.email.lower():
        cells.wrong(EMAIL, gettext("This is your own. Nobody gives themselves a post."))
    if email in known.closed and not known.holder.is_whole:
        words = gettext("The account of this address is closed. Ask the administrator of the centre.")
        cells.wrong(EMAIL, words)
    return email


def _add(found: Findings, cells: Cells, line: Line, known: _Known) -> None:
    offer = line.offer
    held = [post for post in known.posts if post.user.email == offer.email and _meets(post, offer)]
    invited = [each for each in known.invited if each.email == offer.email and _meets(each, offer)]
    if any(_holds(post, offer) for post in held) or any(_holds(each, offer) for each in invited):
        found.unchanged += 1
    elif held:
        cells.wrong(FIRST, gettext("They hold this post on other days or by another title: see their page."))
    elif invited:
        words = gettext("They are invited to it for other days or by another title. Take that back first.")
        cells.wrong(FIRST, words)
    else:
        found.changes.append(_change(cells.row, line))


def _limit(found: Findings, by: User, now: datetime) -> None:
    """So that a list is refused before anything of it is written."""
    mails = [change for change in found.changes if change.is_new]
    full = invitation_limits.full({change.facts.offer.email for change in mails}, now)
    for change in mails:
        if until := full.get(change.facts.offer.email):
            words = invitation_limits.TooOftenError(until).words
            found.problems.append(Problem(change.lines[0], EMAIL, words))
    spare = invitation_limits.spare(by, now)
    if len(mails) > spare:
        time = invitation_limits.point(invitation_limits.free_at(by, len(mails), now))
        words = gettext(
            "No more than %(n)d invitations are mailed within an hour, and from this line on they are too"
            " many. Leave these lines out, or read all of them in from %(time)s on."
        )
        facts = {"n": settings.INVITATIONS_PER_HOUR, "time": time}
        found.problems.append(Problem(mails[spare].lines[0], EMAIL, words % facts))


def _meets(there: Membership | Invitation, offer: Offer) -> bool:
    """The same post, on some of the same days."""
    if (there.organisation_id, there.role) != (offer.organisation.pk, offer.role):
        return False
    begins_in_time = offer.valid_until is None or there.valid_from < offer.valid_until
    return begins_in_time and (there.valid_until is None or there.valid_until > offer.valid_from)


def _holds(there: Membership | Invitation, offer: Offer) -> bool:
    """All that the line asks for; it asks for no end and no title where it leaves them empty."""
    until = there.valid_until
    lasts = until is None or offer.valid_until is None or offer.valid_until <= until
    return there.valid_from <= offer.valid_from and lasts and offer.post in {"", there.post}


def _change(row: Row, line: Line) -> Change:
    offer, account = line.offer, line.account
    step = gettext("an invitation by mail")
    if account is not None:
        step = gettext("the post is added to the account")
    last = str(offer.valid_until - _DAY) if offer.valid_until else ""
    cells = [
        step, offer.name_en, offer.email, offer.organisation.short_name, str(Role(offer.role).label),
        offer.post, str(offer.valid_from), last,
    ]  # fmt: skip
    told = listings.differences((STEP, NAME_EN, EMAIL, CODE, ROLE, POST, FIRST, LAST), None, cells)
    name = offer.name if account is None else account.name
    return Change((row.line,), name, told, account is None, line)
