"""The feed `osha_inventory`: what chemical is where, the list that 29 CFR 1910.1200(e)(1)(i) asks for."""

from shared.domain.feeds.feed import RECORD_STATUS, Classification, Feed, Field, FieldKind
from shared.domain.feeds.osha_rules import RULES

# Spellings that one file may have side by side for one field (`Supplier` beside `Manufacturer`) are
# left to `[feeds.osha_inventory] headers`: two columns of one meaning refuse a file.
_WHAT = (
    Field(
        name="inventory_id",
        meaning="number of the container or place in the inventory; one record each",
        required=True, identifier=True, longest=100,
        spellings=(
            "Inventory ID", "Inventory Number", "Inventory No", "Inventory #", "Item ID", "Item Number",
            "Item No", "Barcode", "Container ID", "Container Number", "Container No",
            "Container Barcode", "Asset Tag", "Tag Number", "Record ID", "ID",
        ),
    ),
    Field(
        name="chemical_name", meaning="name of the chemical as its safety data sheet has it",
        spellings=(
            "Chemical", "Chemical Name", "Name of Chemical", "Hazardous Chemical", "Substance",
            "Substance Name", "Material", "Material Name", "Common Name",
        ),
    ),
    Field(
        # No `identifier`: 7732-18-5, water, looks like a spreadsheet's date.
        name="cas_number", meaning="CAS Registry Number; none for mixtures and trade secrets",
        longest=50,
        spellings=(
            "CAS", "CAS No", "CAS #", "CAS Num", "CAS Number", "CASRN", "CAS RN", "CAS Registry Number",
            "CAS Reg No",
        ),
    ),
    Field(
        name="product_name", meaning="product identifier on the label",
        spellings=("Product", "Product Identifier", "Trade Name", "Brand Name", "Container Name"),
    ),
    Field(
        name="manufacturer", meaning="manufacturer, importer or other party named on the label",
        spellings=("Manufacturer Name", "Mfr", "Mfr Name", "Maker", "Manufacturer/Supplier"),
    ),
)  # fmt: skip

_WHERE = (
    Field(
        name="location", meaning="where it is kept, such as `Science / 101 / cabinet 2`",
        spellings=("Storage Location", "Location Name", "Place", "Stored In", "Work Area"),
    ),
    Field(
        name="building", meaning="building, where building and room stand apart",
        spellings=("Building Name", "Building Code", "Bldg"),
    ),
    Field(
        name="room", meaning="room in that building",
        spellings=("Room Number", "Room No", "Room Name", "Rm"),
    ),
    Field(
        name="quantity", kind=FieldKind.DECIMAL, meaning="amount in the container, above zero",
        spellings=("Qty", "Amount", "Quantity On Hand", "Amount On Hand", "Current Quantity"),
    ),
    Field(
        name="unit", meaning="unit of mass or volume of that amount", longest=40,
        spellings=(
            "Units", "UOM", "Unit of Measure", "Units of Measure", "Quantity Unit", "Qty Unit",
            "Amount Unit",
        ),
    ),
)  # fmt: skip

_HAZARDS = (
    Field(
        name="hazard_codes", kind=FieldKind.LIST, longest=40,
        meaning="GHS hazard statement codes; none for what is not hazardous",
        spellings=(
            "Hazard Code", "H Code", "H Codes", "GHS Code", "GHS Codes", "GHS Hazard Codes",
            "Hazard Statement Codes", "Hazard Statements", "GHS Hazard Statements", "H Statements",
            "H Phrases",
        ),
    ),
    Field(
        name="signal_word", choices=("Danger", "Warning", "None"), meaning="signal word of the label",
        spellings=("Signal", "GHS Signal Word"),
    ),
    Field(
        name="pictograms", kind=FieldKind.LIST, longest=60,
        meaning="pictograms of the label, such as GHS02",
        spellings=("Pictogram", "GHS Pictogram", "GHS Pictograms", "Hazard Pictograms", "GHS Symbols"),
    ),
    Field(
        name="sds_url", meaning="address of the safety data sheet, https only", longest=2000,
        spellings=(
            "SDS Link", "SDS Web Address", "SDS Hyperlink", "Safety Data Sheet URL",
            "Safety Data Sheet Link", "MSDS URL", "MSDS Link",
        ),
    ),
    Field(
        name="sds_reference", meaning="number or file of the safety data sheet in the own collection",
        spellings=(
            "SDS", "SDS ID", "SDS Number", "SDS No", "SDS Ref", "SDS Document", "SDS File",
            "Safety Data Sheet", "MSDS", "MSDS Number",
        ),
    ),
    Field(
        name="sds_revised_on", kind=FieldKind.DATE, meaning="day the sheet was last revised",
        spellings=(
            "SDS Date", "SDS Revised", "SDS Revised On", "SDS Revision Date", "SDS Revision",
            "SDS Issue Date", "SDS Version Date", "MSDS Date",
        ),
    ),
)  # fmt: skip

_LIFE = (
    Field(
        name="received_on", kind=FieldKind.DATE, meaning="day it came in",
        spellings=("Received", "Received On", "Received Date", "Date Received", "Receipt Date"),
    ),
    Field(
        name="expires_on", kind=FieldKind.DATE, meaning="last day of use",
        spellings=(
            "Expires", "Expires On", "Expiration Date", "Expiry Date", "Expiration", "Exp Date",
            "Date Expires",
        ),
    ),
    Field(
        name="responsible", personal=True, meaning="who answers for it",
        spellings=("Responsible Person", "Person Responsible", "Owner", "Custodian"),
    ),
    RECORD_STATUS,
)  # fmt: skip

OSHA_INVENTORY = Feed(
    name="osha_inventory",
    title="Chemical inventory",
    classification=Classification.OSHA_INVENTORY,
    fields=(*_WHAT, *_WHERE, *_HAZARDS, *_LIFE),
    source_id=("inventory_id",),
    rules=RULES,
    # A chemical inventory that tells where and when a substance was used is an exposure record (29 CFR
    # 1910.1020(c)(5)(iv)), and those are kept for 30 years ((d)(1)(ii)); that many have at most 8 leap days.
    retention_days=30 * 365 + 8,
    # Nobody has held the classification against the sheet until a person says so.
    state={"hazcom_verified": False},
)
