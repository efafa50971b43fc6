"""Profiles: how the files of common systems say what the staff feed needs. Data, no code.

What a district declares under `[staff]` goes over them (declared.py). A column that stands in no
profile (birth date, home address, password) is dropped while the file is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

#: In a rule: any value but a blank one.
ANY = "*"


class ProfileName(StrEnum):
    """The ready profiles."""

    CANONICAL = "canonical"
    AERIES_STF = "aeries_stf"
    ESCAPE = "escape"
    ONEROSTER = "oneroster"
    MS_SDS = "ms_sds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of file is to be read."""

    #: What the file is, in a line.
    title: str
    #: Canonical column → accepted spellings; they go before canonical names.
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Column → template; used where the file lacks the column.
    derive: Mapping[str, str] = field(default_factory=dict)
    #: Column → values of rows that are not ours.
    exclude: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Column → values of people who have left.
    inactive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Columns of the two rules that a sound file of this kind may lack.
    optional: frozenset[str] = frozenset()
    #: `delta` where the file holds edits, so that absence means nothing.
    mode: Literal["full", "delta"] = "full"
    #: None for ISO dates, else a `strptime` format.
    date_format: str | None = None
    #: What stands between several sites in one cell; empty where a cell holds one.
    site_separator: str = ""


_CANONICAL = Profile(title="our own names; everything else is declared under `[staff]`")

# Table STF as a query or an export gives it, or the staff of the API: support.aeries.com articles
# 14000070412 and 14000060603, field names as Update-AeriesFromEscape.PS1 and Posh-AeriesApi use them.
# Who leaves keeps a row: the tag is set, or a leave date; deleted rows stay in the table. Queries
# and exports leave those out, and have no DEL then.
_AERIES_STF = Profile(
    title="Aeries: table STF, as a query gives it",
    headers={
        "employee_id": ("ID",),
        "first_name": ("FN",),
        "last_name": ("LN",),
        "work_email": ("EM", "EmailAddress"),
        "username": ("NetworkLoginID",),
        "personal_email": ("AlternateEmailAddress",),
        "site_code": ("PSC", "PrimaryAeriesSchool"),
        "hire_date": ("HD",),
        "end_date": ("LD", "LeaveDate"),
        "status": ("TG", "InactiveStatusCode"),
        "deleted": ("DEL",),
        "position_status": ("PS",),
    },
    inactive={"status": (ANY,), "deleted": ("1", "-1", "true", "t", "yes", "y", "x")},
    optional=frozenset({"deleted"}),
    date_format="%m/%d/%Y",
)

# View vwHREmploymentList, as the Chico USD query selects from it: who was edited in the last 14 days.
# Status codes seen are A, I, L (on leave) and W; person types 1, 2, 4 and 6, a student worker.
_ESCAPE = Profile(
    title="Escape HR: `vwHREmploymentList`, a window of edits",
    headers={
        "employee_id": ("empID",),
        "first_name": ("NameFirst",),
        "last_name": ("NameLast",),
        "work_email": ("EmailWork",),
        "personal_email": ("EmailHome",),
        "site_code": ("SiteId",),
        "job_title": ("JobClassDescr",),
        "job_class": ("JobClassId",),
        "job_category": ("JobCategoryDescr",),
        "employee_type": ("EmploymentTypeCode",),
        "bargaining_unit": ("BargUnitId",),
        "status": ("EmploymentStatusCode",),
        "person_type": ("PersonTypeId",),
    },
    exclude={"person_type": ("6",)},
    inactive={"status": ("I",)},
    mode="delta",
)

# 1EdTech OneRoster CSV Binding 1.1 and 1.2.1. In 1.2 `role` and `orgSourcedIds` have gone from
# users.csv into roles.csv. A file in bulk leaves `status` blank. A role is required, so a row
# without one is not known to be ours.
_ONEROSTER = Profile(
    title="OneRoster 1.1 and 1.2: `users.csv`",
    headers={
        "employee_id": ("sourcedId",),
        "first_name": ("givenName",),
        "last_name": ("familyName",),
        "work_email": ("email",),
        "username": ("username",),
        "site_code": ("orgSourcedIds", "primaryOrgSourcedId"),
        "person_type": ("role",),
        "status": ("status",),
        "enabled": ("enabledUser",),
    },
    exclude={"person_type": ("student", "guardian", "parent", "relative", "")},
    inactive={"status": ("tobedeleted",), "enabled": ("false", "0", "no")},
    optional=frozenset({"status"}),
    site_separator=",",
)

# School Data Sync, format v1: the sample files of OfficeDev/O365-EDU-Tools and learn.microsoft.com,
# "SDS V1 CSV file format". `Username` is the login, with its domain in newer files. A teacher at
# two schools has two rows.
_MS_SDS = Profile(
    title="Microsoft School Data Sync v1: `Teacher.csv`",
    headers={
        "employee_id": ("SIS ID", "ID"),
        "first_name": ("First Name",),
        "last_name": ("Last Name",),
        "username": ("Username",),
        "personal_email": ("Secondary Email",),
        "site_code": ("School SIS ID", "School DfE Number"),
        "status": ("Status",),
    },
    derive={"work_email": "{username}"},
    inactive={"status": ("inactive",)},
    optional=frozenset({"status"}),
)

PROFILES: Mapping[ProfileName, Profile] = {
    ProfileName.CANONICAL: _CANONICAL,
    ProfileName.AERIES_STF: _AERIES_STF,
    ProfileName.ESCAPE: _ESCAPE,
    ProfileName.ONEROSTER: _ONEROSTER,
    ProfileName.MS_SDS: _MS_SDS,
}
