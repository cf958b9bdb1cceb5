"""What we conclude from the results, in words; to be read again whenever results are made anew."""

from __future__ import annotations

SAID: dict[str, str] = {
    "probmix": (
        "Networks, optimiser and splits are ours where the paper does not state its own: full batches, Adam, ReLU, "
        "mixing after the first layer and its activation, variances through softplus with a floor, lowest validation "
        'NLL kept. "Latent noise" is M-ProbMix\'s network without any mixing.\n\n'
        "- **Outside of the training range** means are ruled by few seeds, so look at medians. Latent noise and "
        "M-ProbMix are alike there, and lower than plain training by a third at most; input mixup is far worse. "
        "The mixture of latent densities (linear pool) alone is lower by a factor of ten, and pays for it inside "
        "the range: half a nat at a = .5. The paper's claim that M-ProbMix itself is the remedy does not hold up "
        "here.\n"
        "- **Energy**: ProbMix lowers the NLL by half a nat against plain training, by a third against latent "
        "noise, and the RMSE by a third: the paper's gain holds. **Yacht**: ProbMix and input mixup hurt; "
        "M-ProbMix is best by far, by half a nat against its own control as well. **Concrete, red wine**: "
        "differences of a few hundredths of a nat. The gains that the paper shows on these two are against a "
        "plain training that is far worse than ours (4.50 and 1.96 nats against 3.11 and .95).\n"
        "- **Rings**: near partners help every method a little; how labels are fused makes no difference.\n"
        "- **Noise**: label mixing, of inputs or of densities, fits about 2/3 of the noise's variance, as E[sum w^2] "
        "predicts; mixing the losses instead fits a variance that has little to do with the noise, which is why "
        "`mixed_loss` refuses it."
    ),
    "mixupe": (
        "- **No gain over mixup is seen at any strength of the regulariser**, by the cheap or by the accurate term, on "
        "any of the three tables; the paper's own tabular results show none either. Tuned with as many settings as "
        "mixup gets, it is not better.\n"
        "- A strength of 1 makes predictions on digits less underconfident, at a price in error on all tables. The "
        'same clean forward pass spent on plain cross-entropy ("mixup + clean half") does that too, and lowers the '
        "error on digits and iris.\n"
        "- With batch normalisation the second forward pass feeds clean rows to the running statistics. That alone, "
        'without any regulariser, changes errors: compare "clean pass, eta 0" with mixup on iris.\n'
        "- On iris no mixing is best; 60 rows are few."
    ),
    "multimix": (
        "The published method is known to us by its abstract and by summaries, so there is no figure to compare with; "
        "weights for each pair and their order are an interpretation.\n\n"
        "- At equal steps five draws for a pair are at best a little better than one, and five fresh pairings do as "
        "well.\n"
        "- **At equal computing time plain mixup with five times the steps is better than all of them.**\n"
        "- Nothing here improves calibration: every kind of mixup is underconfident on this table."
    ),
    "varmixup": (
        "The paper's images, autoencoder and settings are not at hand; these are two vector tables.\n\n"
        "- **VarMixup lies above mixup in clean error on both**, and below mixup of reconstructions on digits, so the "
        "latent space does help against that control. With a clean half it is level with mixup, and no better than "
        "mixup with a clean half.\n"
        "- MMD is better than KL, whose codes say less about a row.\n"
        "- Mixup makes digits less robust to noise here, VarMixup more so; on abalone it is the other way round."
    ),
}
