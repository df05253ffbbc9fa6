"""Robust reaching with recurrent controllers under force fields."""
