"""How many networks would show a change?"""
