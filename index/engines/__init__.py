"""The engines, one module each. `index/engines/base.py` lists them and says what they have in common."""
