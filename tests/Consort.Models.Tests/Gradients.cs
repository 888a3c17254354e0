namespace Consort.Models.Tests;

/// <summary>Gradients against central differences of L = Σ c·z over all members and rows, in training mode.</summary>
internal static unsafe class Gradients
{
    private const double Step = 1e-5;

    /// <summary>The largest difference over all trained numbers, relative to one plus the gradient's own size and a tenth of its tensor's largest.</summary>
    public static double LargestError(Rig<double> rig, int rows)
    {
        Loss(rig, rows);
        for (var member = 0; member < rig.Program.Members; member++)
            for (var row = 0; row < rows; row++)
                rig.Program.LogitGradients(member)[row] = Weight(member, row);
        rig.Program.Backward();

        var largest = 0.0;
        var tensors = new List<(nint Values, double[] Gradient)>();
        foreach (var slot in rig.Store.Slots)
            if (slot.Parameter.IsTrained)
                tensors.Add(((nint)rig.Store.Values(slot.Parameter), new Span<double>(rig.Store.Gradients(slot.Parameter), slot.Length).ToArray()));
        foreach (var table in rig.Store.Embeddings.Where(e => e.Table.IsTrained))
        {
            var gradient = new double[table.Values.Length];
            for (var group = 0; group < table.Groups; group++)
                for (var i = 0; i < table.TouchedCount(group); i++)
                    new Span<double>(table.TouchedGradients(group) + (i * table.Dimension), table.Dimension)
                        .CopyTo(gradient.AsSpan(table.TouchedRows(group)[i] * table.Dimension));
            tensors.Add(((nint)table.Values.Pointer, gradient));
        }

        Assert.Contains(tensors, t => t.Gradient.Any(g => g != 0));
        foreach (var (values, gradient) in tensors)
        {
            var scale = 1 + (0.1 * gradient.Max(Math.Abs));
            for (var i = 0; i < gradient.Length; i++)
            {
                var number = (double*)values + i;
                var expected = Difference(number, 1);
                // Where a high power bends the loss, the next term of its series goes as well.
                if (Math.Abs(gradient[i] - expected) > 5e-7 * (scale + Math.Abs(expected)))
                    expected = ((4 * expected) - Difference(number, 2)) / 3;
                largest = Math.Max(largest, Math.Abs(gradient[i] - expected) / (scale + Math.Abs(expected)));
            }
        }

        return largest;

        double Difference(double* number, int steps)
        {
            var before = *number;
            *number = before + (steps * Step);
            var above = Loss(rig, rows);
            *number = before - (steps * Step);
            var below = Loss(rig, rows);
            *number = before;
            return (above - below) / (2 * steps * Step);
        }
    }

    private static double Loss(Rig<double> rig, int rows)
    {
        rig.Logits(rows, isTraining: true);
        var loss = 0.0;
        for (var member = 0; member < rig.Program.Members; member++)
            for (var row = 0; row < rows; row++)
                loss += Weight(member, row) * rig.Program.Logits(member)[row];
        return loss;
    }

    private static double Weight(int member, int row) => Math.Sin(1 + (7 * member) + (3 * row));
}
