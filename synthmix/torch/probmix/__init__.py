"""ProbMix and M-ProbMix: mixing predictive densities, and densities of latent features, instead of inputs.

:mod:`~synthmix.torch.probmix.loss` has the loss of pooled predictions, :mod:`~synthmix.torch.probmix.latent` the module
that fuses at a layer, :mod:`~synthmix.torch.probmix.labels` the fusion of labels, and
:mod:`~synthmix.torch.probmix.guard` the losses that may be mixed in place of labels.
"""
