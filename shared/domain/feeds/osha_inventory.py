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
            "Container Barcode", "Barcode Number", "Barcode No", "Barcode ID", "Container Tag",
            "Inventory Tag", "Asset Tag", "Asset ID", "Tag Number", "Tag No", "Tag ID", "Record ID", "ID",
        ),
    ),
    Field(
        name="chemical_name", meaning="name of the chemical as its safety data sheet has it",
        spellings=(
            "Chemical", "Chemical Name", "Name of Chemical", "Hazardous Chemical", "Substance",
            "Substance Name", "Material", "Material Name", "Common Name", "Chemical Name/Common Name",
            "Chemical / Product Name", "Product/Chemical Name",
        ),
    ),
    Field(
        # No `identifier`: 7732-18-5, water, looks like a spreadsheet's date.
        name="cas_number", meaning="CAS Registry Number; none for mixtures and trade secrets",
        longest=50,
        absent=("Mixture", "Mixtures", "Proprietary", "Trade Secret", "Not Assigned"),
        spellings=(
            "CAS", "CAS No", "CAS #", "CAS Num", "CAS Number", "CAS Numbers", "CAS Nr", "CASRN", "CAS RN",
            "CAS Registry Number", "CAS Registry No", "CAS Reg No", "Chemical CAS Number",
        ),
    ),
    Field(
        name="product_name", meaning="product identifier on the label",
        spellings=("Product", "Product Identifier", "Trade Name", "Brand Name", "Container Name"),
    ),
    Field(
        name="manufacturer", meaning="manufacturer, importer or other party named on the label",
        spellings=(
            "Manufacturer Name", "Mfr", "Mfr Name", "Mfg", "Mfgr", "Mfg Name", "Maker",
            "Manufacturer/Supplier", "Manufacturer/Vendor",
        ),
    ),
)  # fmt: skip

_WHERE = (
    Field(
        name="location", meaning="where it is kept, such as `Science / 101 / cabinet 2`",
        spellings=(
            "Storage Location", "Storage Area", "Location Name", "Location Path", "Current Location",
            "Full Location", "Place", "Stored In", "Work Area",
        ),
    ),
    Field(
        name="building", meaning="building, where building and room stand apart",
        spellings=("Building Name", "Building Code", "Building Number", "Building No", "Bldg", "Bldg Name"),
    ),
    Field(
        name="room", meaning="room in that building",
        spellings=("Room Number", "Room No", "Room Name", "Rm", "Lab Room"),
    ),
    Field(
        name="quantity", kind=FieldKind.DECIMAL, meaning="amount in the container, above zero",
        spellings=(
            "Qty", "Amount", "Quantity On Hand", "Qty On Hand", "Amount On Hand", "Current Quantity",
            "Current Amount", "Quantity Remaining", "Remaining Quantity", "Amount Remaining",
            "Remaining Amount", "Container Size", "Container Amount", "Amount in Container",
        ),
    ),
    Field(
        name="unit", meaning="unit of mass or volume of that amount", longest=40,
        spellings=(
            "Units", "UOM", "Unit of Measure", "Units of Measure", "Quantity Unit", "Qty Unit",
            "Quantity Units", "Qty Units", "Amount Unit", "Amount Units", "Unit of Measurement", "U/M",
            "Container Unit", "Container Units", "Container Size Unit", "Container Size Units",
            "Size Unit", "Size Units",
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
            "H Phrases", "H Statement", "H Statement Codes", "GHS Hazard Code", "GHS H Code", "GHS H Codes",
            "GHS H Statements", "GHS Hazard Statement", "GHS Hazard Statement Codes",
            "Hazard Statement", "Hazard Statement Code",
        ),
    ),
    Field(
        name="signal_word", choices=("Danger", "Warning", "None"), meaning="signal word of the label",
        spellings=("Signal", "Signal Words", "GHS Signal", "GHS Signal Word"),
    ),
    Field(
        name="pictograms", kind=FieldKind.LIST, longest=60,
        meaning="pictograms of the label, such as GHS02",
        spellings=(
            "Pictogram", "Pictogram Codes", "GHS Pictogram", "GHS Pictograms", "Hazard Pictogram",
            "Hazard Pictograms", "GHS Symbol", "GHS Symbols",
        ),
    ),
    Field(
        name="sds_url", meaning="address of the safety data sheet, https only", longest=2000,
        spellings=(
            "SDS Link", "Link to SDS", "SDS Web Address", "SDS Web Link", "SDS Website", "SDS Hyperlink",
            "Safety Data Sheet URL",
            "Safety Data Sheet Link", "MSDS URL", "MSDS Link",
        ),
    ),
    Field(
        name="sds_reference", meaning="number or file of the safety data sheet in the own collection",
        # A column `SDS` is often answered like `SDS on file?`.
        absent=("No", "N", "False", "Missing", "Not on file", "Unknown", "TBD"),
        spellings=(
            "SDS", "SDS ID", "SDS Number", "SDS No", "SDS Ref", "SDS Document", "SDS File",
            "SDS File Name", "SDS Document Number", "Safety Data Sheet", "MSDS", "MSDS Number", "MSDS No",
            "MSDS ID",
        ),
    ),
    Field(
        name="sds_revised_on", kind=FieldKind.DATE, meaning="day the sheet was last revised",
        spellings=(
            "SDS Date", "SDS Revised", "SDS Revised On", "SDS Revision Date", "SDS Revision",
            "SDS Revised Date", "SDS Rev Date", "SDS Last Revised", "SDS Issue Date", "SDS Version Date",
            "SDS Last Updated", "Date of SDS", "MSDS Date", "MSDS Revision Date", "Revision Date",
        ),
    ),
)  # fmt: skip

_LIFE = (
    Field(
        name="received_on", kind=FieldKind.DATE, meaning="day it came in",
        spellings=(
            "Received", "Received On", "Received Date", "Date Received", "Receive Date", "Receipt Date",
            "Date of Receipt", "Acquired", "Date Acquired", "Acquisition Date",
        ),
    ),
    Field(
        name="expires_on", kind=FieldKind.DATE, meaning="last day of use",
        spellings=(
            "Expires", "Expires On", "Expiration Date", "Expiry Date", "Expiration", "Exp Date",
            "Date Expires", "Date of Expiration", "Expiry", "Use By", "Use By Date",
        ),
    ),
    Field(
        name="responsible", personal=True, meaning="who answers for it",
        spellings=(
            "Responsible Person", "Person Responsible", "Responsible Party", "Owner", "Owner Name",
            "Custodian",
        ),
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
