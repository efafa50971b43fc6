"""Where the fields of `epa_waste` stand in a manifest as EPA's e-Manifest gives it out.

Source: the JSON schema of e-Manifest, version 1.3, and EPA's examples of manifests, in EPA's public
repository github.com/USEPA/e-manifest (Services-Information/Schema/emanifest.json, January 2025).
"""

from shared.domain.feeds.feed import Document


def _signed(party: str) -> tuple[str, str]:
    """When a party signed: in e-Manifest or, for manifests on paper, as printed."""
    return (
        f"{party}.electronicSignaturesInfo[].signatureDate",
        f"{party}.paperSignatureInfo.signatureDate",
    )


def _coded(path: str) -> tuple[str, str]:
    """A code beside its description, or alone."""
    return f"{path}.code", path


_CODES = "wastes[].hazardousWaste"
_QUANTITY = "wastes[].quantity"
_DOT = "wastes[].dotInformation"
_PCB = "wastes[].pcbInfos[]"

E_MANIFEST = Document(
    each="wastes",
    ordered={"transporters": "order"},
    paths={
        "manifest_tracking_number": ("manifestTrackingNumber",),
        "waste_line_number": ("wastes[].lineNumber",),
        "emanifest_status": ("status",),
        "generator_id": ("generator.epaSiteId",),
        "generator_name": ("generator.name",),
        "transporters": ("transporters[].epaSiteId",),
        "transporter_orders": ("transporters[].order",),
        "designated_facility_id": ("designatedFacility.epaSiteId",),
        "designated_facility_name": ("designatedFacility.name",),
        "shipped_on": ("shippedDate",),
        "received_on": ("receivedDate",),
        "generator_signed_on": _signed("generator"),
        "transporter_signed_on": _signed("transporters[]"),
        "facility_signed_on": _signed("designatedFacility"),
        "hazardous": ("wastes[].dotHazardous",),
        "epa_waste": ("wastes[].epaWaste",),
        "federal_waste_codes": _coded(f"{_CODES}.federalWasteCodes[]"),
        "state_waste_codes": _coded(f"{_CODES}.generatorStateWasteCodes[]"),
        "facility_state_waste_codes": _coded(f"{_CODES}.tsdfStateWasteCodes[]"),
        "texas_waste_codes": (f"{_CODES}.txWasteCodes[]",),
        "management_method": _coded("wastes[].managementMethod"),
        "quantity": (f"{_QUANTITY}.quantity",),
        "quantity_unit": _coded(f"{_QUANTITY}.unitOfMeasurement"),
        "container_count": (f"{_QUANTITY}.containerNumber",),
        "container_type": _coded(f"{_QUANTITY}.containerType"),
        "un_number": _coded(f"{_DOT}.idNumber"),
        "proper_shipping_name": (f"{_DOT}.printedDotInformation",),
        "waste_description": ("wastes[].wasteDescription",),
        "pcb": ("wastes[].pcb",),
        "pcb_load_types": _coded(f"{_PCB}.loadType"),
        "pcb_article_ids": (f"{_PCB}.articleContainerId",),
        "pcb_removed_on": (f"{_PCB}.dateOfRemoval",),
        "pcb_weights": (f"{_PCB}.weight",),
        "pcb_waste_types": (f"{_PCB}.wasteType",),
        "pcb_bulk_identities": (f"{_PCB}.bulkIdentity",),
    },
)
