using Consort.Compute.Cpu.Optimizers;
using Consort.Foundation.Options;

namespace Consort.Learning.Training;

/// <summary>All update rules. A new one is a file in Compute and a line here.</summary>
public static class OptimizerCatalogue
{
    /// <summary>What an optimizer's key <c>name</c> can name; adam where it is absent.</summary>
    public static Catalogue<UpdateRule> All { get; } = new Catalogue<UpdateRule>("name", usual: "adam")
        .With("adam", "steps as long as the rate, by running means of the gradient and its square", "Kingma and Ba 2015",
            new OptionSet<Adam>(() => new())
            .Add("beta1", o => o.Beta1, (o, v) => o with { Beta1 = v }, Domain.Number(0, 0.999999),
                "what the gradient's running mean keeps a step")
            .Add("beta2", o => o.Beta2, (o, v) => o with { Beta2 = v }, Domain.Number(0, 0.9999999),
                "what the running mean of its square keeps a step")
            .Add("epsilon", o => o.Epsilon, (o, v) => o with { Epsilon = v }, Domain.Number(0, 1), "ε beside the root")
            .Add("epsilon_hat", o => o.IsEpsilonHat, (o, v) => o with { IsEpsilonHat = v }, Domain.Flag,
                "ε joins √v before its correction, as in TensorFlow and in PyTorch before 1.3, with which BARS' numbers were made; it matters where gradients are as small as ε, as at the start of models of pairs"),
            o => o)
        .With("sgd", "plain descent, with momentum or without", "-", new OptionSet<Sgd>(() => new())
            .Add("momentum", o => o.Momentum, (o, v) => o with { Momentum = v }, Domain.Number(0, 0.999999),
                "what the running sum of gradients keeps a step"), o => o)
        .With("adagrad", "steps that shrink with the sum of squared gradients", "Duchi, Hazan and Singer 2011",
            new OptionSet<Adagrad>(() => new())
            .Add("initial_accumulator", o => o.InitialAccumulator, (o, v) => o with { InitialAccumulator = v }, Domain.Number(0, 1e6),
                "what the sum starts with")
            .Add("epsilon", o => o.Epsilon, (o, v) => o with { Epsilon = v }, Domain.Number(0, 1), "ε beside the root"), o => o);
}
