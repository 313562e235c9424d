"""The engines, one folder each. `index/engines/base.py` lists them and defines their protocol."""
