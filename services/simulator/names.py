"""Word lists for made-up people and sites; data only. Used by `tenant` and `story`."""

# ruff: noqa: SIM905 - the lists are read and edited as words, not as literals

FIRST = (
    "Maria Zoë José Anna Daniel Priya Wei Carlos Fatima Hiroshi Noor Grace Samuel Renée Luis "
    "Emily Andre Chloé Omar Linda Kevin Sofía Thomas Aisha Victor Hannah Miguel Ingrid Paul Mei "
    "Jürgen Rosa David Elena Marcus Yuki Patricia Ahmed Sarah Björn Leticia George Naomi Rafael "
    "Julia Tuan Karen Hector Amélie Brian Denise Oscar Ruth Ivan Teresa Malik Joan Esteban Nina "
    "Walter Paula Kenji"
).split()

LAST = (
    "Nuñez|O'Brien|Garcia|Smith|Johnson|Nguyen|Lopez|Patel|Kim|Müller|Hernandez|Brown|Okafor|Chen|"
    "D'Angelo|Martinez|Wilson|Silva|Tanaka|Ramírez|Anderson|Haddad|Ivanova|Lee|Moore|Gonzalez|Clark|"
    "Petrov|Rivera|Walker|Yamamoto|Young|Castillo|Allen|Diaz|Wright|Torres|Scott|Bui|Hill|Flores|"
    "Green|Adams|Baker|Nakamura|Mitchell|Pérez|Roberts|Reyes|Turner|Phillips|Cruz|Campbell|Ortiz|"
    "Parker|Evans|Sandoval|Edwards|Collins|Stewart|de la Cruz|Morris|Rogers|Van Dyke|Cook|Morgan|"
    "Bell|Murphy|Bailey|Cooper|Richardson|Cox|Howard|Ward|Peterson|Gray|James|Watson|Brooks|Kelly|"
    "Sanders|Price|Bennett|Wood|Barnes|Ross|Henderson|Coleman|Jenkins|Perry|Powell|Long|Patterson|"
    "Hughes|Washington|Butler|Simmons|Foster|Bryant|Alexander|Russell|Griffin|Hayes|McAllister"
).split("|")

#: names nobody in a tenant has, so that a newcomer never looks like a second account
LAST_OF_NEWCOMERS = (
    "Quillfeather Abernathy Zubrowski Thistlewood Villanueva-Roth Ekwueme Szczepański Featherstone "
    "Gallowglass Yellowhorse Ballantyne Christodoulou Drinkwater Etxeberria Fotheringham Grünewald "
    "Hawthornthwaite Iwaszkiewicz Jankowska Kvaratskhelia Lindqvist Mbatha Næss Oyelowo Papadakis "
    "Quarshie Rautavaara Sigurðsson Tchaikovsky Uzodinma Vandermeer Wojciechowski Xiong Ylönen "
    "Zapatero Applegarth Blackadder Cattermole Dewhirst Entwistle"
).split()

#: names taken on by marriage in the extract; nobody in a tenant has them
LAST_TAKEN_ON = (
    "Ashdown Birchall Coverdale Dunmore Eastwick Fairweather Goodchild Hollister Inglewood Jessop "
    "Kingsley Lockhart Merriweather Northcote Oakhurst"
).split()

SITES = (
    "Lincoln High|Adams Elementary|Jefferson Middle|Roosevelt High|Madison Elementary|"
    "Monroe Elementary|Jackson Middle|Grant Elementary|Cleveland High|Wilson Elementary|"
    "Taft Middle|Hoover Elementary|Truman High|Kennedy Elementary|Franklin Elementary|"
    "Tubman Middle|Douglass Elementary|Chavez High|Parks Elementary|Huerta Middle|"
    "Whitman Elementary|Emerson Elementary|Thoreau Middle|Dickinson Elementary|Twain High|"
    "Steinbeck Elementary|Muir Middle|Carson Elementary|Sierra Vista Elementary|Bayside Middle|"
    "Hillcrest Elementary|Oak Grove Elementary|Redwood High|Valley View Elementary|"
    "Sunset Elementary|Eastside Middle|Westlake Elementary|Northgate High|Southport Elementary|"
    "Riverbend Elementary"
).split("|")

JOB_CLASSES = (
    "Teacher|Paraeducator|Custodian|Principal|Counselor|Nurse|Secretary|Bus Driver|Cook|Librarian"
).split("|")
#: how often each job class occurs, in the order of JOB_CLASSES
JOB_WEIGHTS = (52, 17, 7, 2, 4, 2, 6, 4, 4, 2)

#: spellings an HR system uses beside the name in the LMS
JOB_ALIASES: dict[str, list[str]] = {
    "Teacher": ["Tchr", "TCHR"],
    "Paraeducator": ["Para"],
    "Custodian": ["Cust"],
    "Secretary": ["Secy"],
    "Bus Driver": ["Driver"],
}

DEPARTMENTS = (
    "Instruction|Special Education|Student Services|Operations|Transportation|Nutrition Services"
).split("|")
EMPLOYEE_TYPES = ("Certificated", "Classified", "Management")

ROLES = ("Learner", "Manager", "Administrator")
TIMEZONES = ("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York")

LOCATION_NOTES = ("Room 12", "Room B-204", "Portable 7", "Front office", "Gym, upper floor", "Café")
