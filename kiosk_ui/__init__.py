"""The screens, for kiosk, phone and desk."""
