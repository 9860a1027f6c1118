"""Does compression cost more on unseen data, and does a regime generalize better?"""
