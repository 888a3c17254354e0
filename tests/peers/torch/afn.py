"""AFN on frappe_x1 by PyTorch, written after the paper (Cheng, Shen and Huang 2020, eq. 5-9) with the details that BARS used: does a peer learn as
Consort does? Prints loss, validation AUC and log-loss of each epoch; compare with `consort train configs/frappe_x1/AFN.yaml`.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/peers/torch/afn.py FOLDER --neurons 100 --epochs 3 --seed 2021 [--epsilon-hat] [--gamma one|uniform|bars]

More threads of OpenBLAS sum in another order, after which a run goes another way.

Before PyTorch 1.2 the scale γ of batch norm started uniform in [0, 1]; `--gamma uniform` draws it so. `--gamma bars` takes the numbers that BARS'
run drew, found by drawing what FuxiCTR 1.1 draws before them with the seed that its log names; with `--epochs 0` it only prints those of the fields.
"""
import argparse
import time

import numpy as np
import torch
from torch import nn

FIELDS, DIMENSION, HIDDEN, BATCH, RATE, L2, LARGEST_NORM = 10, 10, 400, 4096, 1e-3, 1e-3, 10.0


class Afn(nn.Module):
    def __init__(self, features, neurons):
        super().__init__()
        self.embedding = nn.Embedding(features, DIMENSION)
        self.powers = nn.Linear(FIELDS, neurons, bias=False)
        self.log_norm, self.exp_norm = nn.BatchNorm1d(FIELDS), nn.BatchNorm1d(neurons)
        self.tower = nn.Sequential(nn.Linear(DIMENSION * neurons, HIDDEN), nn.ReLU(), nn.Dropout(0.4), nn.Linear(HIDDEN, 1))
        nn.init.normal_(self.embedding.weight, std=1e-4)
        nn.init.xavier_normal_(self.powers.weight)
        for layer in (self.tower[0], self.tower[3]):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, ids):
        logs = self.log_norm(self.embedding(ids).abs().clamp(min=1e-5).log())  # [B, F, D]
        products = self.powers(logs.transpose(1, 2)).transpose(1, 2).exp()  # [B, K, D]
        return self.tower(self.exp_norm(products).flatten(1))[:, 0]  # [B]


def bars_scales(vocabularies, neurons):
    """γ of both norms as FuxiCTR 1.1 draws them with seed 2021: embeddings, powers and tower take their numbers from the generator first."""
    torch.manual_seed(2021)
    for size in vocabularies:
        nn.Embedding(size, DIMENSION)
    nn.Linear(FIELDS, neurons, bias=False)
    nn.Linear(DIMENSION * neurons, HIDDEN)
    nn.Linear(HIDDEN, 1)
    return torch.empty(FIELDS).uniform_(), torch.empty(neurons).uniform_()


class EpsilonHat(torch.optim.Optimizer):
    """Adam as PyTorch 1.0 had it: epsilon joins the root before the bias correction."""

    def __init__(self, parameters):
        super().__init__(parameters, {})
        self.steps = 0

    @torch.no_grad()
    def step(self, closure=None):
        self.steps += 1
        size = RATE * (1 - 0.999**self.steps) ** 0.5 / (1 - 0.9**self.steps)
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["first"], state["second"] = torch.zeros_like(p), torch.zeros_like(p)
                state["first"].mul_(0.9).add_(p.grad, alpha=0.1)
                state["second"].mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
                p.addcdiv_(state["first"], state["second"].sqrt().add_(1e-8), value=-size)


def load(path):
    with open(path) as file:
        rows = np.array([[int(cell) for cell in line.split(",")] for line in file.read().split()[1:]])
    return torch.from_numpy(rows[:, 1:]), torch.from_numpy(rows[:, 0]).float()


def auc(scores, labels):
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2.0)[place]
    clicks = labels.sum()
    return (ranks[labels > 0].sum() - clicks * (clicks + 1) / 2) / (clicks * (len(labels) - clicks))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--neurons", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2021)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epsilon-hat", action="store_true")
    parser.add_argument("--gamma", choices=["one", "uniform", "bars"], default="one")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    ids, labels = load(f"{options.folder}/train_rebuilt.csv")
    valid_ids, valid_labels = load(f"{options.folder}/valid.csv")
    # Tokens of the training rows and one for the others: BARS' 5389 rows.
    scales = bars_scales([len(field.unique()) + 1 for field in ids.T], options.neurons) if options.gamma == "bars" else ()
    torch.manual_seed(options.seed)
    model = Afn(int(max(ids.max(), valid_ids.max())) + 1, options.neurons)
    norms = (model.log_norm, model.exp_norm)
    if options.gamma == "uniform":
        for norm in norms:
            nn.init.uniform_(norm.weight)
    for norm, scale in zip(norms, scales):
        norm.weight.data.copy_(scale)
    print("scale of each field's logarithms", " ".join(f"{scale:.3f}" for scale in model.log_norm.weight.tolist()))
    optimizer = EpsilonHat(model.parameters()) if options.epsilon_hat else torch.optim.Adam(model.parameters(), lr=RATE)
    for epoch in range(options.epochs):
        start, losses = time.time(), []
        model.train()
        for batch in torch.randperm(len(ids)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(ids[batch]), labels[batch])
            (loss + L2 / 2 * model.embedding.weight.square().sum()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), LARGEST_NORM)
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            logits = torch.cat([model(part) for part in valid_ids.split(BATCH)])
        log_loss = nn.functional.binary_cross_entropy_with_logits(logits.double(), valid_labels.double()).item()
        print(f"epoch {epoch + 1}  loss {np.mean(losses):.5f}  valid AUC {auc(logits.double().numpy(), valid_labels.numpy()):.6f}"
              f"  log-loss {log_loss:.6f}  {time.time() - start:.0f} s", flush=True)


main()
