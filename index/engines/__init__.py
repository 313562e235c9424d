"""The engines, one module each. `index/engine.py` lists them and says what they have in common."""
