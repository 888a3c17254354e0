using Consort.Compute.Cpu.Programs;
using Consort.Data.Schemas;
using Consort.Experiments.Running;
using Consort.Foundation.Numbers;
using Consort.Models;

namespace Consort.Studies.Diagnostics;

/// <summary>A field, or several, and the columns that they give.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Ids">The places of its columns of ids.</param>
/// <param name="Numbers">The places of its numeric columns.</param>
internal sealed record DealtField(string Name, IReadOnlyList<int> Ids, IReadOnlyList<int> Numbers)
{
    /// <summary>The fields of a schema that give columns of their own.</summary>
    public static IReadOnlyList<DealtField> Of(Schema schema, FeatureSpace space) =>
        [.. schema.Fields.Where(f => !f.IsGenerated && f.Columns.Count > 0).Select(f => new DealtField(f.Name,
            [.. Enumerable.Range(0, space.Categorical.Count).Where(c => f.Columns.Contains(space.Categorical[c].Name))],
            [.. Enumerable.Range(0, space.Numeric.Count).Where(n => f.Columns.Contains(space.Numeric[n]))]))];

    /// <summary>Several as one.</summary>
    public static DealtField Together(IReadOnlyList<DealtField> fields) => new(string.Join('+', fields.Select(f => f.Name)),
        [.. fields.SelectMany(f => f.Ids)], [.. fields.SelectMany(f => f.Numbers)]);
}

/// <summary>Scores sampled rows as they are, or with the values of some fields dealt to other rows.</summary>
internal sealed class DealtRows(RowSample sample, FinishedRun run)
{
    private readonly int[] _ids = new int[sample.Ids.Length];
    private readonly float[] _numbers = new float[sample.Numbers.Length];
    private readonly int _columns = run.Encoder.Space.Categorical.Count, _numerics = run.Encoder.Space.Numeric.Count;

    /// <summary>The fused logits of the rows as they are, [N].</summary>
    public float[] Logits() => Logits(null, 0);

    /// <summary>
    /// The fused logits where the values of a field go to other rows, the same ones whenever the repeat is the same, [N].
    /// </summary>
    public float[] Logits(DealtField? field, int repeat)
    {
        Restore();
        if (field is not null)
        {
            var order = Order(repeat);
            for (var row = 0; row < order.Length; row++)
            {
                foreach (var c in field.Ids)
                    _ids[(row * _columns) + c] = sample.Ids[(order[row] * _columns) + c];
                foreach (var n in field.Numbers)
                    _numbers[(row * _numerics) + n] = sample.Numbers[(order[row] * _numerics) + n];
            }
        }

        return Score();
    }

    /// <summary>The fused logits where a numeric column is one number in all rows, [N].</summary>
    public float[] Logits(int column, float value)
    {
        Restore();
        for (var row = 0; row < sample.Rows; row++)
            _numbers[(row * _numerics) + column] = value;
        return Score();
    }

    private void Restore()
    {
        sample.Ids.CopyTo(_ids);
        sample.Numbers.CopyTo(_numbers);
    }

    private float[] Score()
    {
        // What is made of other columns follows these.
        for (var row = 0; row < sample.Rows; row++)
            run.Encoder.Generate(_ids.AsSpan(row * _columns, _columns), _numbers.AsSpan(row * _numerics, _numerics), sample.Lists, 0);
        var (program, fusion, logits) = (run.Program, run.Fusion, new float[sample.Rows]);
        var shift = run.Encoder.Schema.LogitShift;
        for (var first = 0; first < sample.Rows; first += program.Capacity)
        {
            var rows = Math.Min(program.Capacity, sample.Rows - first);
            program.Forward(_ids.AsSpan(first * _columns), _numbers.AsSpan(first * _numerics), new Step(rows, isTraining: false, seed: 0),
                sample.Lists);
            for (var row = 0; row < rows; row++)
            {
                var sum = 0.0;
                foreach (var member in run.Served)
                    sum += program.Logits(member)[row] * fusion.Share(program.Members);
                logits[first + row] = (float)(sum + shift);
            }
        }

        if (logits.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) >= 0)
            throw new ConsortException("importance: found a logit that is not finite where a field's values were dealt to other rows, expected weights that training has not blown up");
        return logits;
    }

    private int[] Order(int repeat)
    {
        var order = Enumerable.Range(0, sample.Rows).ToArray();
        var random = new CounterRandom((ulong)repeat, "dealt rows");
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)(random.Uniform((ulong)i) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
