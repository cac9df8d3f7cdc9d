"""The backends that come with mlpc."""
