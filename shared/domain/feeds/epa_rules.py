"""The rules of EPA for lines of hazardous waste manifests, with where each stands."""

from datetime import date

from shared.domain.feeds import epa_checks, epa_dates
from shared.domain.feeds.feed import PolicyRule

_RCRA = date(1980, 11, 19)  # 45 FR 33066
_UNIFORM_MANIFEST = date(1984, 9, 20)  # 49 FR 10490
_TRACKING_NUMBERS = date(2006, 9, 5)  # 70 FR 10776
_PCB_MANIFESTS = date(1990, 2, 5)  # 54 FR 52716

_INSTRUCTIONS = "Instructions for EPA form 8700-22 (40 CFR 262.20(a))"
_SERVICES = "EPA e-Manifest services, field validations (github.com/USEPA/e-manifest)"

EPA_RULES = (
    PolicyRule(
        code="EPA-GENERATOR-ID",
        title="The generator's EPA id is missing or can't be one",
        authority="EPA",
        citation=f"40 CFR 262.18; 40 CFR 761.205; {_INSTRUCTIONS}, item 1",
        remedy=(
            "Correct the id at the source: 12 characters, a state's two letters first, as on EPA form "
            "8700-12. For PCB waste of a generator without one write 40 CFR PART 761."
        ),
        check=epa_checks.generator_id,
        valid_from=_RCRA,
    ),
    PolicyRule(
        code="EPA-TSDF-ID",
        title="The designated facility's EPA id is missing or can't be one",
        authority="EPA",
        citation=f"40 CFR 262.20(b), 264.11; {_INSTRUCTIONS}, item 8",
        remedy="Correct the id of the facility at the source: 12 characters, a state's two letters first.",
        check=epa_checks.facility_id,
        valid_from=_RCRA,
    ),
    PolicyRule(
        code="EPA-TRANSPORTER-ORDER",
        title="A transporter's EPA id can't be one, or their order has a gap or a repeat",
        authority="EPA",
        citation=f"40 CFR 263.11, 263.20; {_INSTRUCTIONS}, items 6 and 7",
        remedy="List every transporter with its EPA id and number them 1, 2, 3 as they carry the waste.",
        check=epa_checks.transporters,
        valid_from=_RCRA,
    ),
    PolicyRule(
        code="EPA-MTN",
        title="The manifest tracking number isn't 9 digits and 3 letters",
        authority="EPA",
        citation=f"40 CFR 262.21(f)(2); {_INSTRUCTIONS}, item 4",
        remedy="Copy the number from the manifest: 9 digits and 3 capital letters. Count lines from 1.",
        check=epa_checks.tracking_number,
        valid_from=_TRACKING_NUMBERS,
    ),
    PolicyRule(
        code="EPA-WASTE-CODE",
        title="A waste code isn't in the lists, or hazardous waste has none",
        authority="EPA",
        citation=f"40 CFR 261.20 to 261.33, 266.508(a)(2)(ii); {_INSTRUCTIONS}, item 13",
        remedy=(
            "Write codes as the lists do, such as D001 or F003. What a state alone lists goes into its own "
            "column. Hazardous waste has at least one."
        ),
        check=epa_checks.listed_waste_codes,
        valid_from=_RCRA,
    ),
    PolicyRule(
        code="EPA-QUANTITY",
        title="The quantity isn't a positive whole number in a known unit",
        authority="EPA",
        citation=f"{_INSTRUCTIONS}, items 11 and 12; {_SERVICES}",
        remedy="Give the quantity as shipped, in whole units; take a smaller unit where precision is needed.",
        check=epa_checks.quantity,
        valid_from=_UNIFORM_MANIFEST,
    ),
    PolicyRule(
        code="EPA-CONTAINERS",
        title="There aren't 1 to 9999 containers of a known type",
        authority="EPA",
        citation=f"{_INSTRUCTIONS}, item 10; {_SERVICES}",
        remedy="Give the number of containers and the two letters of their type, such as DM.",
        check=epa_checks.containers,
        valid_from=_UNIFORM_MANIFEST,
    ),
    PolicyRule(
        code="EPA-DATES",
        title="Dates don't follow the way of the waste",
        authority="EPA",
        citation="40 CFR 262.23(a), 263.20(a) to (d), 264.71(a)",
        remedy=(
            "Correct the dates at the source: generator, transporters and facility sign in this order, "
            "nothing is received before it is shipped, nothing lies in the future."
        ),
        check=epa_dates.dates,
        # Of every date a cell can hold: an impossible one must not choose the rules that hold for it.
        valid_from=date(1900, 1, 1),
    ),
    PolicyRule(
        code="EPA-PCB",
        title="PCB items aren't described one by one",
        authority="EPA",
        citation=f"40 CFR 761.207(a); {_SERVICES}",
        remedy=(
            "For each PCB item give load type, day out of service and weight in kilograms; for containers "
            "and articles their ids and what they hold, for bulk what it is. Say that the waste holds PCB."
        ),
        check=epa_dates.pcb_items,
        valid_from=_PCB_MANIFESTS,
    ),
    PolicyRule(
        code="EPA-HAZ-FLAG",
        title="The waste is said not to be hazardous and has a federal waste code",
        authority="EPA",
        citation=f"49 CFR 171.8 (hazardous waste); 40 CFR 261.3; {_INSTRUCTIONS}, items 9a and 13",
        remedy="Correct the flag, or remove the federal waste codes if the waste is not hazardous.",
        check=epa_checks.hazard_flag,
        valid_from=_RCRA,
    ),
    PolicyRule(
        code="EPA-MGMT-METHOD",
        title="The management method isn't one of EPA's codes",
        authority="EPA",
        citation=f"{_INSTRUCTIONS}, item 19 (40 CFR 264.71(a)(2)); EPA form 8700-13 A/B, code lists",
        remedy=(
            "Have the facility give its management method, H010 to H141, as in form item 19. A hazard "
            "statement of a safety data sheet, such as H225, is not one."
        ),
        check=epa_checks.management_method,
        valid_from=_TRACKING_NUMBERS,
    ),
)
