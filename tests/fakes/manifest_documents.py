"""Hazardous waste manifests of our own making, in the JSON shape of EPA's e-Manifest.

Sites, people, numbers and wastes are made up. Written to tests/fixtures/emanifest by
`python -m tests.fakes.manifest_documents`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "fixtures/emanifest"
#: What stands where e-Manifest gives the tracking number out itself.
NO_NUMBER = "CHANGE ME"


def site(site_id: str | None, name: str, state: str = "OH", **more: Any) -> Json:
    """A handler; ``more`` is put over it."""
    address = {
        "address1": "7 Depot Road",
        "city": "Millbrook",
        "state": {"code": state, "name": None},
        "zip": "00501",
    }
    return {
        "epaSiteId": site_id,
        "name": name,
        "mailingAddress": address,
        "siteAddress": address,
        "contact": {"phone": {"number": "555-555-0100"}, "email": None},
        "registered": True,
        **more,
    }


def at(day: str) -> str:
    """Midnight on the east coast, as e-Manifest writes it."""
    return f"{day}T05:00:00.000+0000"


def paper(day: str) -> Json:
    """A signature on paper, as printed."""
    return {"paperSignatureInfo": {"printedName": "Pat Example", "signatureDate": day}}


def electronic(*days: str | None) -> Json:
    """Signatures in e-Manifest; one without a day is a document alone."""
    page = {"name": "signed-page.html", "size": 1024, "mimeType": "TEXT_HTML"}
    signer = {"firstName": "Pat", "lastName": "Example", "userId": "pexample"}
    return {
        "electronicSignaturesInfo": [
            {"humanReadableDocument": page}
            if day is None
            else {"signer": signer, "signatureDate": day, "signerRole": "Industry"}
            for day in days
        ]
    }


def codes(*values: str) -> list[Json]:
    """Codes with a description beside them, which nobody reads."""
    return [{"code": value, "description": f"about {value}"} for value in values]


def waste(line: int, *federal: str, **more: Any) -> Json:
    """A waste line; hazardous if it has federal codes."""
    hazardous = bool(federal)
    described: Json = (
        {
            "dotInformation": {
                "idNumber": {"code": "UN1993"},
                "printedDotInformation": "UN1993, Waste flammable liquids, n.o.s. (paint), 3, II",
            }
        }
        if hazardous
        else {"wasteDescription": "Rinse water, not regulated"}
    )
    return {
        "lineNumber": line,
        "dotHazardous": hazardous,
        "epaWaste": hazardous,
        **described,
        "quantity": amount(120),
        "hazardousWaste": {
            "federalWasteCodes": codes(*federal),
            "generatorStateWasteCodes": [],
            "tsdfStateWasteCodes": [],
        },
        "managementMethod": {"code": "H061", "description": "about H061"},
        "br": False,
        "pcb": False,
        **more,
    }


def amount(
    quantity: float, unit: str = "P", containers: float = 3, container_type: str = "DM"
) -> Json:
    """How much, in how many of what."""
    return {
        "containerNumber": containers,
        "containerType": {"code": container_type},
        "quantity": quantity,
        "unitOfMeasurement": {"code": unit},
    }


def pcb(kind: str, removed: str, weight: float, **more: Any) -> Json:
    """A PCB item."""
    return {"loadType": {"code": kind}, "dateOfRemoval": removed, "weight": weight, **more}


def manifest(number: str | None, status: str, wastes: list[Json], **more: Any) -> Json:
    """A manifest with the sites most of them share."""
    return {
        "manifestTrackingNumber": number,
        "status": status,
        "submissionType": "FullElectronic",
        "originType": "Service",
        "generator": site("OHR000111222", "Made-up Paint Works"),
        "transporters": [site("KYR000333444", "Made-up Haulage", "KY", order=1)],
        "designatedFacility": site("IND000555666", "Made-up Treatment", "IN"),
        "wastes": wastes,
        "additionalInfo": {"comments": [], "handlingInstructions": "Keep upright; keep dry"},
        "discrepancy": False,
        "rejection": False,
        "residue": False,
        "import": False,
        "containsPreviousRejectOrResidue": False,
        **more,
    }


def signed() -> Json:
    """A signed manifest of test sites: a hazardous line and bulk PCB that is none."""
    bulk = [
        pcb("BulkWaste", "2024-03-04T05:00:00.000+00:00", 210.5, bulkIdentity="Sump, north"),
        pcb("BulkWaste", "2024-03-05T05:00:00.000+00:00", 90, bulkIdentity="Sump, south"),
    ]
    return manifest(
        "200000001ELC",
        "Signed",
        [
            waste(
                1, "D001", "F003", "F005",
                quantity=amount(375.0, "G", 7),
                managementMethod={"code": "H020"},
            ),
            waste(
                2,
                wasteDescription="Oily sump sludge",
                quantity=amount(300, "K", 2, "CM"),
                managementMethod={"code": "H040"},
                pcb=True,
                pcbInfos=bulk,
            ),
        ],
        createdDate="2024-05-01T09:00:00.000+00:00",
        shippedDate="2024-05-02T13:45:10.120+00:00",
        receivedDate="2024-05-06T08:00:00.000+00:00",
        certifiedDate="2024-05-06T08:30:00.000+00:00",
        generator=site("OHTESTGEN01", "Test paint works", **electronic(None)),
        transporters=[
            site(
                "OHTESTTRN01", "Test haulage", order=1,
                **electronic("2024-05-02T13:45:10.120+00:00"),
            )
        ],
        designatedFacility=site(
            "OHTESTTSD01", "Test treatment", **electronic("2024-05-06T08:00:00.000+00:00")
        ),
    )  # fmt: skip


def scheduled() -> Json:
    """Not shipped yet: no dates, and no management method on one line."""
    return manifest(
        "200000002ELC",
        "Scheduled",
        [waste(1, "D002", managementMethod=None), waste(2, "U002", "U154", br=True)],
        potentialShipDate="2026-11-20T00:00:00.000+0000",
    )


def scheduled_hybrid() -> Json:
    """The generator signed on paper; the offset has no colon."""
    return manifest(
        "200000003ELC",
        "Scheduled",
        [waste(1, "D008", "D009"), waste(2)],
        submissionType="Hybrid",
        generator=site(
            "OHR000111222", "Made-up Paint Works", **paper("2024-06-03T12:00:00.000+0000")
        ),
    )


def pending() -> Json:
    """Begun in the browser: empty lists, nulls and texts where nothing was entered."""
    return manifest(
        "200000004ELC",
        "Pending",
        [
            waste(1, "K061", pcbInfos=[], additionalInfo=None),
            waste(2, "P075", discrepancyResidueInfo={"wasteQuantity": False, "residue": False}),
            waste(3, dotInformation=None, managementMethod={"code": None, "description": None}),
        ],
        submissionType="NotSelected",
        originType="Web",
        shippedDate=None,
        receivedDate="",
        residueNewManifestTrackingNumbers=[],
    )


def three_legs() -> Json:
    """Three transporters out of order, codes of states, every kind of unit and container."""
    days = {3: "2024-07-09", 1: "2024-07-01", 2: "2024-07-04"}
    kinds = zip("GKLMNPTY", ("BA", "CF", "CW", "CY", "DF", "DT", "HG", "TT"), strict=True)
    wastes = [
        waste(line, "D035", quantity=amount(line * 10, unit, 1, container))
        for line, (unit, container) in enumerate(kinds, 1)
    ]
    wastes[0]["hazardousWaste"] |= {
        "generatorStateWasteCodes": codes("OH01"),
        "tsdfStateWasteCodes": codes("331", "352"),
        "txWasteCodes": ["0017204H"],
    }
    wastes[1]["hazardousWaste"]["federalWasteCodes"] = codes("PHARMS")
    return manifest(
        "200000005ABC",
        "Signed",
        wastes,
        submissionType="DataImage5Copy",
        shippedDate="2024-07-01T04:00:00.000+0000",
        receivedDate="2024-07-10T04:00:00.000+0000",
        generator=site("TXR000111222", "Made-up Clinic", "TX", **paper("2024-07-01T04:00:00Z")),
        transporters=[
            site(
                f"KYR00033344{order}",
                f"Leg {order}",
                "KY",
                order=order,
                **paper(f"{day}T04:00:00Z"),
            )
            for order, day in days.items()
        ],
        designatedFacility=site("IND000555666", "Made-up Treatment", "IN", **paper("2024-07-10")),
    )


def imported_pcb() -> Json:
    """From abroad: PCB of a generator without an id, in containers and as articles."""
    items = [
        pcb("Container", at("2024-01-15"), 12.25, articleContainerId="C-1", wasteType="Soil"),
        pcb(
            "ArticleInContainer", at("2024-01-16"), 0.125,
            articleContainerId="A-2", wasteType="Capacitors, small",
        ),
        pcb("ArticleNotInContainer", at("2024-01-17"), 810, articleContainerId="T-3"),
    ]  # fmt: skip
    return manifest(
        "200000006ABC",
        "Signed",
        [
            waste(
                1,
                pcb=True,
                pcbInfos=items,
                wasteDescription="Transformer and capacitors",
                managementMethod={"code": "H141"},
                additionalInfo={"consentNumber": "000001I00001", "comments": []},
            )
        ],
        shippedDate=at("2024-02-01"),
        receivedDate=at("2024-02-03"),
        generator=site("40 CFR PART 761", "Made-up Substation", **paper(at("2024-02-01"))),
        transporters=[
            site("KYR000333444", "Made-up Haulage", "KY", order=1, **paper(at("2024-02-02")))
        ],
        designatedFacility=site(
            "IND000555666", "Made-up Treatment", "IN", **paper(at("2024-02-03"))
        ),
        **{
            "import": True,
            "importInfo": {
                "importGenerator": {"name": "Made-up Power", "country": {"code": "CA"}},
                "portOfEntry": {"cityPort": "Port Made-up", "state": {"code": "NY"}},
            },
        },
    )


def rejected(number: str, kind: str) -> Json:
    """Refused by the facility, wholly or in part."""
    return manifest(
        number,
        "Corrected",
        [waste(1, "D003", managementMethod={"code": "H070"}), waste(2)],
        rejection=True,
        rejectionInfo={
            "transporterOnSite": kind == "FullReject",
            "rejectionType": kind,
            "alternateDesignatedFacilityType": "Tsdf",
            "alternateDesignatedFacility": site("ILD000777888", "Made-up Landfill", "IL"),
            "newManifestTrackingNumbers": [] if kind == "FullReject" else ["200000090ABC"],
            "rejectionComments": "Two drums leak",
        },
    )


def residue() -> Json:
    """A remainder goes on under a new number; a quantity that differs; data for the yearly report."""
    reported = {
        "density": 8.5,
        "densityUnitOfMeasurement": {"code": "1"},
        "formCode": {"code": "W203"},
        "sourceCode": {"code": "G09"},
        "mixedRadioactiveWaste": False,
    }
    return manifest(
        "200000009ABC",
        "UnderCorrection",
        [
            waste(
                1, "F001",
                br=True,
                brInfo=reported,
                discrepancyResidueInfo={
                    "wasteQuantity": True,
                    "wasteType": False,
                    "discrepancyComments": "One drum less",
                    "residue": True,
                    "residueComments": "Crust at the bottom",
                },
                additionalInfo={
                    "originalManifestTrackingNumbers": ["200000008ABC"],
                    "newManifestDestination": "Tsdf",
                    "comments": [{"label": "Profile", "description": "P-9", "handlerId": "IND000555666"}],
                },
            )
        ],
        discrepancy=True,
        residue=True,
        containsPreviousRejectOrResidue=True,
        residueNewManifestTrackingNumbers=["200000091ABC"],
        broker=site("OHR000999000", "Made-up Broker"),
        correctionInfo={"versionNumber": 2, "active": True, "initiatorRole": "Industry"},
    )  # fmt: skip


def image_only() -> Json:
    """The paper was sent in as an image: no waste line."""
    return {
        "manifestTrackingNumber": "200000010ABC",
        "status": "ReadyForSignature",
        "submissionType": "Image",
        "designatedFacility": {"epaSiteId": "IND000555666"},
        "printedDocument": {"name": "scan.pdf", "size": 2048, "mimeType": "APPLICATION_PDF"},
        "rejection": False,
    }


def refused() -> Json:
    """What e-Manifest refuses too: no number, a generator without its id, part of a litre."""
    return manifest(
        None,
        "Scheduled",
        [waste(1, "D023", quantity=amount(1.67, "L", 100, "BA"))],
        generator=site(None, "Made-up Laundry"),
    )


#: By the name of the file. What has no number yet is a request to save it.
DOCUMENTS: Mapping[str, Callable[[], Json]] = {
    "signed": signed,
    "scheduled": scheduled,
    "scheduled-hybrid": scheduled_hybrid,
    "pending": pending,
    "three-legs": three_legs,
    "imported-pcb": imported_pcb,
    "rejected": lambda: rejected("200000007ABC", "FullReject"),
    "rejected-in-part": lambda: rejected("200000008ABC", "PartialReject"),
    "residue": residue,
    "image-only": image_only,
    "refused": refused,
    "request": lambda: scheduled() | {"manifestTrackingNumber": NO_NUMBER},
}


def written(name: str) -> str:
    """A document as its file has it."""
    return json.dumps(DOCUMENTS[name](), indent=2) + "\n"


if __name__ == "__main__":
    for each in DOCUMENTS:
        (FOLDER / f"{each}.json").write_text(written(each), encoding="utf-8")
