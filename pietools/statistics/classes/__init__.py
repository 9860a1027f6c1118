"""Did a class change otherwise than accuracy, and do the differences between classes grow?"""
