"""The names of the real tables that tests look for."""

TABLES = [
    "abalone",
    "adult",
    "bike_sharing_hour",
    "california_housing",
    "concrete",
    "diamonds",
    "energy_efficiency",
    "german_credit",
    "king_county",
    "naval_propulsion",
    "penguins",
    "taxis",
    "titanic",
    "wine_quality",
    "yacht",
]
