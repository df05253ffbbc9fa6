"""The science of the three studies; no machine.

`training` trains ensembles, `plotting` gives figures one style, `evidence` groups
trained models and keeps what is claimed of them; none of the three knows a study.
`reach`, `orbit` and `latent` are the studies, with the same rooms each: what is true
(systems), what is asked (tasks), what is learned (models), what is minimised (losses),
what is reported (metrics), what is found inside, and how it is shown (figures). Nothing
here imports `fieldnotes`: a notebook hands over what a study needs of the catalogue.
"""
