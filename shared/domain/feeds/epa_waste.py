"""The feed `epa_waste`: one record for each waste line of a hazardous waste manifest.

Fields follow the words of EPA's e-Manifest schema and of EPA form 8700-22.
"""

from shared.domain.feeds.epa_codes import ALLOW_TEST_IDS
from shared.domain.feeds.epa_manifest import E_MANIFEST
from shared.domain.feeds.epa_rules import EPA_RULES
from shared.domain.feeds.feed import RECORD_STATUS, Classification, Feed, Field, FieldKind

_ID = (
    Field(
        name="manifest_tracking_number",
        meaning="Manifest tracking number, 9 digits and 3 letters (form item 4)",
        required=True,
        identifier=True,
        longest=40,
        spellings=("MTN", "Manifest Number", "Manifest No", "Manifest Tracking No", "Manifest Tracking #",
                   "Tracking Number", "Manifest Document Number"),
    ),
    Field(
        name="waste_line_number",
        meaning="Number of the waste line on the manifest, from 1 (form item 9)",
        kind=FieldKind.INTEGER,
        required=True,
        spellings=("Line Number", "Line", "Line No", "Waste Line", "Waste Line No",
                   "wastes.lineNumber"),
    ),
    Field(
        name="emanifest_status",
        meaning="Where the manifest stands in EPA's e-Manifest, such as `Signed`; not the review here",
        longest=40,
        spellings=("Manifest Status", "status", "e-Manifest Status"),
    ),
)  # fmt: skip

_SITES = (
    Field(
        name="generator_id",
        meaning="EPA id of the site where the waste arose (form item 1)",
        identifier=True,
        longest=40,
        spellings=("Generator EPA ID", "Generator EPA ID Number", "Generator ID Number",
                   "Generator US EPA ID Number", "generator.epaSiteId", "Generator Site ID"),
    ),
    Field(
        name="generator_name",
        meaning="Name of that site (form item 5)",
        spellings=("generator.name", "Generator", "Generator Company Name"),
    ),
    Field(
        name="transporters",
        meaning="EPA ids of the transporters, in order; the same one may take two legs (form items 6, 7)",
        kind=FieldKind.LIST,
        repeats=True,
        identifier=True,
        longest=40,
        spellings=("Transporter IDs", "Transporter ID", "Transporter EPA ID", "Transporter EPA IDs",
                   "Transporter EPA ID Number", "Transporter EPA ID Numbers",
                   "Transporter US EPA ID Number", "transporters.epaSiteId"),
    ),
    Field(
        name="transporter_orders",
        meaning="Place of each of them on the way, from 1; without it they stand in order",
        kind=FieldKind.LIST,
        items=FieldKind.INTEGER,
        repeats=True,
        spellings=("Transporter Order", "transporters.order", "Transporter Sequence"),
    ),
    Field(
        name="designated_facility_id",
        meaning="EPA id of the facility that is to treat, store or dispose of it (form item 8)",
        identifier=True,
        longest=40,
        spellings=("TSDF ID", "TSDF EPA ID", "TSDF EPA ID Number", "Facility ID", "Facility EPA ID",
                   "Designated Facility EPA ID", "Designated Facility EPA ID Number",
                   "Designated Facility US EPA ID Number", "designatedFacility.epaSiteId",
                   "Receiving Facility ID", "Receiving Facility EPA ID"),
    ),
    Field(
        name="designated_facility_name",
        meaning="Name of that facility",
        spellings=("designatedFacility.name", "TSDF Name", "Facility Name", "Designated Facility",
                   "Receiving Facility", "Receiving Facility Name"),
    ),
)  # fmt: skip

_DATES = (
    Field(
        name="shipped_on",
        meaning="Day the first transporter took it",
        kind=FieldKind.DATE,
        spellings=("Shipped Date", "Ship Date", "Date Shipped", "shippedDate", "Shipment Date"),
    ),
    Field(
        name="received_on",
        meaning="Day the facility took it",
        kind=FieldKind.DATE,
        spellings=("Received Date", "Receipt Date", "Date Received", "receivedDate"),
    ),
    Field(
        name="generator_signed_on",
        meaning="Day the generator signed (form item 15)",
        kind=FieldKind.DATE,
        spellings=("Generator Signature Date", "Generator Signed Date", "Generator Sign Date",
                   "generator.paperSignatureInfo.signatureDate"),
    ),
    Field(
        name="transporter_signed_on",
        meaning="Days the transporters signed, in the order of `transporters` (form item 17)",
        kind=FieldKind.LIST,
        items=FieldKind.DATE,
        repeats=True,
        spellings=("Transporter Signature Date", "Transporter Signature Dates", "Transporter Signed Date",
                   "Transporter Signed Dates", "transporters.paperSignatureInfo.signatureDate"),
    ),
    Field(
        name="facility_signed_on",
        meaning="Day the facility signed (form item 20)",
        kind=FieldKind.DATE,
        spellings=("Facility Signature Date", "TSDF Signature Date", "Facility Signed Date",
                   "TSDF Signed Date",
                   "Designated Facility Signature Date", "certifiedDate",
                   "designatedFacility.paperSignatureInfo.signatureDate"),
    ),
)  # fmt: skip

_WASTE = (
    Field(
        name="hazardous",
        meaning="Whether it is hazardous as the Department of Transportation defines it (form item 9a)",
        kind=FieldKind.BOOLEAN,
        spellings=("Hazardous Waste", "Is Hazardous", "DOT Hazardous", "wastes.dotHazardous"),
    ),
    Field(
        name="epa_waste",
        meaning="Whether it is a waste as EPA defines it",
        kind=FieldKind.BOOLEAN,
        spellings=("wastes.epaWaste", "Is EPA Waste", "RCRA Waste"),
    ),
    Field(
        name="federal_waste_codes",
        meaning="Federal waste codes, such as `D001` (form item 13)",
        kind=FieldKind.LIST,
        identifier=True,
        longest=40,
        spellings=("Federal Waste Code", "Waste Codes", "Waste Code", "EPA Waste Codes", "EPA Waste Code",
                   "RCRA Waste Codes", "RCRA Codes", "hazardousWaste.federalWasteCodes",
                   "wastes.hazardousWaste.federalWasteCodes"),
    ),
    Field(
        name="state_waste_codes",
        meaning="Codes of the generator's state (form item 13)",
        kind=FieldKind.LIST,
        longest=40,
        spellings=("State Waste Code", "Generator State Waste Codes", "Generator State Waste Code",
                   "hazardousWaste.generatorStateWasteCodes",
                   "wastes.hazardousWaste.generatorStateWasteCodes"),
    ),
    Field(
        name="facility_state_waste_codes",
        meaning="Codes of the facility's state",
        kind=FieldKind.LIST,
        longest=40,
        spellings=("TSDF State Waste Codes", "TSDF State Waste Code", "hazardousWaste.tsdfStateWasteCodes",
                   "wastes.hazardousWaste.tsdfStateWasteCodes"),
    ),
    Field(
        name="texas_waste_codes",
        meaning="Texas codes, where generator or facility is there",
        kind=FieldKind.LIST,
        longest=40,
        spellings=("Texas Waste Code", "TX Waste Codes", "hazardousWaste.txWasteCodes",
                   "wastes.hazardousWaste.txWasteCodes"),
    ),
    Field(
        name="management_method",
        meaning="Management method code, such as `H040`, by the facility (form item 19)",
        identifier=True,
        longest=40,
        spellings=("Management Method Code", "Management Code",
                   "Hazardous Waste Report Management Method Code",
                   "Hazardous Waste Report Management Method Codes", "H Code", "managementMethod.code",
                   "wastes.managementMethod.code"),
    ),
    Field(
        name="quantity",
        meaning="How much was shipped (form item 11)",
        kind=FieldKind.DECIMAL,
        spellings=("Total Quantity", "Waste Quantity", "quantity.quantity", "wastes.quantity.quantity",
                   "Qty"),
    ),
    Field(
        name="quantity_unit",
        meaning="Code of its unit, such as `K` (form item 12)",
        longest=40,
        spellings=("Unit", "Units", "UOM", "Unit of Measure", "Unit of Measurement", "Quantity UOM",
                   "Unit Wt/Vol", "Unit Code",
                   "Quantity Unit of Measure", "Quantity Unit of Measurement",
                   "quantity.unitOfMeasurement.code",
                   "wastes.quantity.unitOfMeasurement.code"),
    ),
    Field(
        name="container_count",
        meaning="Number of containers (form item 10)",
        kind=FieldKind.INTEGER,
        spellings=("Containers", "Container Number", "Number of Containers", "Container No", "Containers No",
                   "No of Containers", "quantity.containerNumber", "wastes.quantity.containerNumber"),
    ),
    Field(
        name="container_type",
        meaning="Code of their type, such as `DM` (form item 10)",
        longest=40,
        spellings=("Containers Type", "Type of Container", "Container Type Code",
                   "quantity.containerType.code", "wastes.quantity.containerType.code"),
    ),
    Field(
        name="un_number",
        meaning="DOT identification number, such as `UN1993`, or `NOID`",
        identifier=True,
        longest=40,
        spellings=("UN Number", "UN/NA Number", "ID Number", "DOT ID Number", "UN ID",
                   "dotInformation.idNumber.code", "wastes.dotInformation.idNumber.code"),
    ),
    Field(
        name="proper_shipping_name",
        meaning="DOT description as printed on the manifest (form item 9b)",
        spellings=("DOT Description", "US DOT Description", "Shipping Name", "printedDotInformation",
                   "DOT Information",
                   "dotInformation.printedDotInformation", "wastes.dotInformation.printedDotInformation"),
    ),
    Field(
        name="waste_description",
        meaning="What it is, where the Department of Transportation has no name for it",
        spellings=("Description", "wastes.wasteDescription", "Non-hazardous Description"),
    ),
)  # fmt: skip

_PCB = (
    Field(
        name="pcb",
        meaning="Whether it holds polychlorinated biphenyls (PCB)",
        kind=FieldKind.BOOLEAN,
        spellings=("PCB Waste", "Is PCB", "Contains PCB", "PCBs", "wastes.pcb"),
    ),
    Field(
        name="pcb_load_types",
        meaning="Of each PCB item `Container`, `ArticleInContainer`, `ArticleNotInContainer`, `BulkWaste`",
        kind=FieldKind.LIST,
        repeats=True,
        longest=40,
        spellings=("PCB Load Type", "pcbInfos.loadType.code", "wastes.pcbInfos.loadType.code"),
    ),
    Field(
        name="pcb_article_ids",
        meaning="Id of each PCB article or container; bulk waste has none",
        kind=FieldKind.LIST,
        repeats=True,
        longest=255,
        spellings=("PCB Article ID", "PCB Container ID", "PCB Article Container ID",
                   "pcbInfos.articleContainerId", "wastes.pcbInfos.articleContainerId"),
    ),
    Field(
        name="pcb_removed_on",
        meaning="Day each PCB item was taken out of service for disposal",
        kind=FieldKind.LIST,
        items=FieldKind.DATE,
        repeats=True,
        spellings=("PCB Out of Service Date", "PCB Out-of-Service Dates", "PCB Date of Removal",
                   "PCB Removal Date",
                   "Out of Service Date", "pcbInfos.dateOfRemoval", "wastes.pcbInfos.dateOfRemoval"),
    ),
    Field(
        name="pcb_weights",
        meaning="Weight of each PCB item in kilograms",
        kind=FieldKind.LIST,
        items=FieldKind.DECIMAL,
        repeats=True,
        spellings=("PCB Weight", "PCB Weight kg", "pcbInfos.weight", "wastes.pcbInfos.weight"),
    ),
    Field(
        name="pcb_waste_types",
        meaning="What each PCB container holds, such as soil or small capacitors",
        kind=FieldKind.LIST,
        repeats=True,
        longest=255,
        spellings=("PCB Waste Type", "pcbInfos.wasteType", "wastes.pcbInfos.wasteType"),
    ),
    Field(
        name="pcb_bulk_identities",
        meaning="What each bulk load of PCB waste is",
        kind=FieldKind.LIST,
        repeats=True,
        longest=255,
        spellings=("PCB Bulk Identity", "pcbInfos.bulkIdentity", "wastes.pcbInfos.bulkIdentity"),
    ),
)  # fmt: skip

EPA_WASTE = Feed(
    name="epa_waste",
    title="Hazardous waste manifests (EPA)",
    classification=Classification.EPA_WASTE,
    fields=(*_ID, *_SITES, *_DATES, *_WASTE, *_PCB, RECORD_STATUS),
    source_id=("manifest_tracking_number", "waste_line_number"),
    rules=EPA_RULES,
    dated_by="shipped_on",
    retention_days=1095,  # 3 years (40 CFR 262.40(a))
    state={"manifest_status": "PENDING_REVIEW"},
    options={ALLOW_TEST_IDS: "EPA's test sites, such as VATEST000001, are taken"},
    document=E_MANIFEST,
)
