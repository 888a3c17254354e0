using Consort.Compute.Cpu.Programs;
using Consort.Data.Encoders;
using Consort.Serving.Packages;

namespace Consort.Serving.Inference;

/// <summary>From rows that are whole, however they were put together, to the package's logits and probabilities.</summary>
internal sealed class RowLogits(Encoder encoder, PackageManifest package)
{
    // Below this many rows, one at a time is faster than a multiply that first packs its weights.
    private const int FewRows = 8;
    private readonly int _columns = encoder.Space.Categorical.Count;
    private readonly int _numerics = encoder.Space.Numeric.Count;
    private readonly double _share = package.MemberShare;
    private readonly double _shift = encoder.Schema.LogitShift; // of rows of which only some were trained on

    /// <summary>The probability of one row.</summary>
    /// <exception cref="ConsortException">Its logit is not finite.</exception>
    public float Score(Workspace workspace, Span<int> ids, Span<float> numerics, Span<int> lists)
    {
        Forward(workspace.Row, ids, numerics, lists, 1);
        var logit = Fused(workspace.Row, 0);
        if (!float.IsFinite((float)logit))
            throw NotFinite(numerics, null);
        return (float)package.Calibration.Probability(logit);
    }

    /// <summary>Fused logits of rows, by the program of the workspace that is the fastest for so many.</summary>
    /// <exception cref="ConsortException">One is not finite; its row counts those before.</exception>
    public void Fuse(
        Workspace workspace, Span<int> ids, Span<float> numerics, Span<int> lists, int rows, Span<float> logits, int before)
    {
        if (rows > FewRows)
        {
            Fuse(workspace.Batch, ids, numerics, lists, rows, logits, before);
            return;
        }

        for (var row = 0; row < rows; row++)
            Fuse(workspace.Row, ids[(row * _columns)..], numerics[(row * _numerics)..], lists, 1, logits[row..], before + row);
    }

    /// <summary>Fused logits of rows.</summary>
    /// <param name="program">What computes them.</param>
    /// <param name="ids">[B, F].</param>
    /// <param name="numerics">[B, N].</param>
    /// <param name="lists">Where the ids of list columns say.</param>
    /// <param name="rows">B.</param>
    /// <param name="logits">Gets the fused logits, [B].</param>
    /// <param name="before">Rows of the same call that came before, for messages.</param>
    /// <exception cref="ConsortException">One is not finite.</exception>
    public void Fuse(
        Program<float> program, Span<int> ids, Span<float> numerics, Span<int> lists, int rows, Span<float> logits, int before)
    {
        Forward(program, ids, numerics, lists, rows);
        for (var row = 0; row < rows; row++)
        {
            logits[row] = (float)Fused(program, row);
            if (!float.IsFinite(logits[row]))
                throw NotFinite(numerics[(row * _numerics)..], before + row);
        }
    }

    /// <summary>Puts probabilities in the place of fused logits.</summary>
    public void Calibrate(Span<float> logits)
    {
        for (var row = 0; row < logits.Length; row++)
            logits[row] = (float)package.Calibration.Probability(logits[row]);
    }

    /// <summary>The logit of a member, of the row that was scored last.</summary>
    public float OfMember(Workspace workspace, int member) =>
        workspace.Row.Logits(member)[0] + (float)(_shift / (package.Members.Count * _share));

    /// <summary>Writes what the times of histories are.</summary>
    /// <param name="lists">Those of all rows side by side.</param>
    /// <param name="times">Likewise.</param>
    /// <param name="rows">How many.</param>
    /// <param name="before">Rows of the same call that came before, for messages.</param>
    public void SettleTimes(int[] lists, long[] times, int rows, int before)
    {
        if (encoder.StepAges.Count == 0)
            return;
        var (room, count) = (encoder.Space.ListRoom, encoder.TimesPerRow);
        for (var row = 0; row < rows; row++)
            try
            {
                encoder.SettleTimes(lists.AsSpan(row * room, room), times.AsSpan(row * count, count));
            }
            catch (ConsortException e)
            {
                throw new ConsortException(e.Detail, e) { Row = before + row };
            }
    }

    private ConsortException NotFinite(ReadOnlySpan<float> numerics, int? row) =>
        new(NotFiniteLogit.Explain("", encoder, numerics)) { Row = row };

    private void Forward(Program<float> program, Span<int> ids, Span<float> numerics, Span<int> lists, int rows)
    {
        if (encoder.HasGenerated)
            for (var row = 0; row < rows; row++)
                encoder.Generate(ids.Slice(row * _columns, _columns), numerics.Slice(row * _numerics, _numerics), lists, 0);
        program.Forward(ids, numerics, new Step(rows, isTraining: false), lists);
    }

    private double Fused(Program<float> program, int row)
    {
        double logit = 0;
        for (var member = 0; member < program.Members; member++)
            logit += program.Logits(member)[row];
        return (logit * _share) + _shift;
    }
}
