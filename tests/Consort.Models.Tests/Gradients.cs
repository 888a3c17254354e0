namespace Consort.Models.Tests;

/// <summary>Gradients against central differences of L = Σ c·z over all members and rows, in training mode.</summary>
internal static class Gradients
{
    private const double Step = 1e-5;

    /// <summary>
    /// The largest difference over all trained numbers, relative to one plus the gradient's own size and a tenth of its tensor's largest.
    /// </summary>
    /// <param name="rig">The family.</param>
    /// <param name="rows">Of its batch.</param>
    /// <param name="more">What the family adds to the loss by itself.</param>
    public static double LargestError(Rig<double> rig, int rows, Func<double>? more = null)
    {
        rig.Logits(rows, isTraining: true);
        for (var member = 0; member < rig.Program.Members; member++)
            for (var row = 0; row < rows; row++)
                rig.Program.LogitGradients(member)[row] = Weight(member, row);
        rig.Program.Backward();

        var largest = 0.0;
        var tensors = new List<(NativeSource<double> Values, double[] Gradient)>();
        foreach (var slot in rig.Store.Slots)
            if (slot.Parameter.IsTrained)
                tensors.Add((() => rig.Store.Values(slot.Parameter), rig.Store.Gradients(slot.Parameter).ToArray()));
        foreach (var table in rig.Store.Embeddings.Where(e => e.Table.IsTrained))
        {
            var gradient = new double[table.Values.Length];
            for (var group = 0; group < table.Groups; group++)
                for (var i = 0; i < table.TouchedCount(group); i++)
                    table.TouchedGradients(group).Slice(i * table.Dimension, table.Dimension)
                        .CopyTo(gradient.AsSpan(table.TouchedRows(group)[i] * table.Dimension));
            var values = table.Values;
            tensors.Add((() => values.All, gradient));
        }

        Assert.Contains(tensors, t => t.Gradient.Any(g => g != 0));
        foreach (var (numbers, gradient) in tensors)
        {
            var scale = 1 + (0.1 * gradient.Max(Math.Abs));
            for (var i = 0; i < gradient.Length; i++)
            {
                var expected = Difference(numbers, i, 1);
                // Where a high power bends the loss, the next term of its series goes as well.
                if (Math.Abs(gradient[i] - expected) > 5e-7 * (scale + Math.Abs(expected)))
                    expected = ((4 * expected) - Difference(numbers, i, 2)) / 3;
                largest = Math.Max(largest, Math.Abs(gradient[i] - expected) / (scale + Math.Abs(expected)));
            }
        }

        return largest;

        double Difference(NativeSource<double> values, int i, int steps)
        {
            ref var number = ref values()[i];
            var before = number;
            number = before + (steps * Step);
            var above = Loss(rig, rows, more);
            number = before - (steps * Step);
            var below = Loss(rig, rows, more);
            number = before;
            return (above - below) / (2 * steps * Step);
        }
    }

    private static double Loss(Rig<double> rig, int rows, Func<double>? more)
    {
        rig.Logits(rows, isTraining: true);
        var loss = more?.Invoke() ?? 0;
        for (var member = 0; member < rig.Program.Members; member++)
            for (var row = 0; row < rows; row++)
                loss += Weight(member, row) * rig.Program.Logits(member)[row];
        return loss;
    }

    private static double Weight(int member, int row) => Math.Sin(1 + (7 * member) + (3 * row));
}
