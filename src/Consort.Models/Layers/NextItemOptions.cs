using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>The loss beside that of the clicks by which a model's states learn what comes next in a history.</summary>
public sealed record NextItemOptions
{
    /// <summary>The options, for a model to include.</summary>
    public static OptionSet<NextItemOptions> Options { get; } = new OptionSet<NextItemOptions>(() => new())
        .Add("auxiliary", o => o.Weight, (o, v) => o with { Weight = v }, Domain.Number(0, 100),
            "weight of the auxiliary loss while training: the next item of the history against a sampled one; 0 for none, 1 in the paper")
        .Add("auxiliary_hidden_units", o => o.HiddenUnits, (o, v) => o with { HiddenUnits = v }, Domain.Integers(1, 65536),
            "the auxiliary loss's tower: widths of the hidden layers, with ReLU");

    /// <summary>Of the loss; 0 for none.</summary>
    public double Weight { get; init => field = Options.Checked("auxiliary", value); }

    /// <summary>Widths of its tower's hidden layers.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init => field = Options.Checked("auxiliary_hidden_units", value); } = [100, 50];

    /// <inheritdoc/>
    public bool Equals(NextItemOptions? other) => other is not null && Options.AreEqual(this, other);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Options.Write(this).Select(o => $"{o.Key}: {o.Value}"));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Weight, HiddenUnits.Count);
}
