using Consort.Foundation.Options;
using Consort.Learning.Strategies;

namespace OwnModel;

/// <summary>Options of <see cref="BoldLabels"/>.</summary>
public sealed record BoldOptions
{
    /// <summary>The declaration: key, property, range, and a sentence for the tables.</summary>
    public static OptionSet<BoldOptions> Options { get; } = new OptionSet<BoldOptions>(() => new())
        .Add("click_weight", o => o.ClickWeight, (o, v) => o with { ClickWeight = v }, Domain.Number(0.1, 10),
            "how much a click counts beside a row without one");

    /// <summary>How much a click counts beside a row without one.</summary>
    public double ClickWeight { get; init => field = Options.Checked("click_weight", value); } = 1;
}

/// <summary>
/// A strategy of one's own: every member learns from the labels, and clicks count for more: L = Σ_m mean_b w_b BCE(y, p_m), w_b = c for a
/// click and 1 else. A strategy sees logits, probabilities and labels, and adds gradients: ∂L/∂z = w (p − y)/B.
/// </summary>
public sealed class BoldLabels(BoldOptions options) : Strategy
{
    /// <inheritdoc/>
    public override string Name => "bold";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames { get; } = ["label"];

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms[0] = 0;
        var y = batch.Labels();
        for (var member = 0; member < batch.Members; member++)
        {
            var z = batch.Logits(member);
            var p = batch.Probabilities(member);
            var gradients = batch.Gradients(member);
            for (var row = 0; row < batch.Rows; row++)
            {
                var weight = (y[row] == 1 ? options.ClickWeight : 1) / batch.Rows;
                terms[0] += weight * (Math.Max(z[row], 0) - (z[row] * y[row]) + Math.Log(1 + Math.Exp(-Math.Abs(z[row]))));
                gradients[row] += weight * (p[row] - y[row]);
            }
        }
    }
}
