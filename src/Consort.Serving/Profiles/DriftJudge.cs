using System.Globalization;

namespace Consort.Serving.Profiles;

/// <summary>
/// Measures columns and collects what is an alarm: more than an option says, and with a p-value that many tests leave small.
/// </summary>
/// <param name="options">How much is an alarm.</param>
/// <param name="tests">How many questions are asked at once.</param>
internal sealed class DriftJudge(DriftOptions options, int tests)
{
    private readonly List<DriftAlarm> _alarms = [];

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<DriftAlarm> Alarms => _alarms;

    /// <summary>Compares a column.</summary>
    /// <param name="before">In the training rows.</param>
    /// <param name="missingBefore">How many of these have no value; null where it is not known.</param>
    /// <param name="rowsBefore">How many there are.</param>
    /// <param name="tally">In the new rows.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="describe">What a bin holds, for people.</param>
    public ColumnDrift Column(ColumnProfile before, long? missingBefore, long rowsBefore, ColumnTally tally, long rows,
        Func<int, string> describe)
    {
        var now = tally.Bins;
        var shift = BinShift.Of(before.Counts, now);
        double m = before.Counts.Sum(), n = now.Sum();
        var drift = new ColumnDrift(before.Name, shift.Psi, shift.P, missingBefore is { } none ? Share(none, rowsBefore) : null,
            missingBefore is null ? null : Share(tally.Missing, rows), before.IsNumeric ? 0 : Share(before.Counts[ColumnBins.Unseen], m),
            before.IsNumeric ? 0 : Share(now[ColumnBins.Unseen], n), describe(shift.Bin), shift.Before, shift.Now);
        if (m == 0 || n == 0)
            return drift;
        if (drift is { MissingBefore: { } was, Missing: { } share } && share - was >= options.Missing
            && IsSure(BinShift.RiseP(was, rowsBefore, share, rows)))
            Add("missing", $"{was:P2} missing in training, {share:P2} now");
        if (drift.Unseen - drift.UnseenBefore >= options.Unseen && IsSure(BinShift.RiseP(drift.UnseenBefore, m, drift.Unseen, n)))
            Add("unseen", $"{drift.UnseenBefore:P2} of values unseen were to be expected, {drift.Unseen:P2} are");
        if (drift.Psi >= options.Psi && IsSure(drift.P))
            Add("psi", $"PSI {drift.Psi:F3}; most: {drift.Most}, {drift.MostBefore:P2} in training, {drift.MostNow:P2} now");
        return drift;

        void Add(string kind, FormattableString text) =>
            _alarms.Add(new DriftAlarm(drift.Name, kind, text.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Compares the probabilities with those of held-out rows.</summary>
    public ColumnDrift Scores(ScoreProfile before, long[] now)
    {
        var shift = BinShift.Of(before.Counts, now);
        var (low, high) = (shift.Bin == 0 ? 0 : before.Edges[shift.Bin - 1], shift.Bin == before.Edges.Count ? 1 : before.Edges[shift.Bin]);
        var most = string.Create(CultureInfo.InvariantCulture, $"{low:G3} to {high:G3}");
        if (shift.Psi >= options.Psi && IsSure(shift.P))
            _alarms.Add(new DriftAlarm("", "scores", string.Create(CultureInfo.InvariantCulture,
                $"PSI {shift.Psi:F3} of the probabilities; most: {most}, {shift.Before:P2} of held-out rows, {shift.Now:P2} now")));
        return new ColumnDrift("(probability)", shift.Psi, shift.P, 0, 0, 0, 0, most, shift.Before, shift.Now);
    }

    /// <summary>Compares predicted over observed clicks with what it was.</summary>
    public CalibrationDrift? Calibration(ScoreProfile before, double predicted, double clicks, long rows)
    {
        if (before.Clicks == 0 || before.Predicted == 0)
            return null;
        var was = before.Predicted / before.Clicks;
        // Clicks that were to be expected, as far off as then; both counts are nearly Poisson's.
        var expected = predicted / was;
        var z = (clicks - expected) / Math.Sqrt(expected + (expected * expected / before.Clicks));
        var (now, p) = (predicted / clicks, 2 * ChiSquare.NormalAbove(Math.Abs(z)));
        if (Math.Abs(Math.Log(now / was)) >= Math.Log(1 + options.Calibration) && IsSure(p))
            _alarms.Add(new DriftAlarm("", "calibration", string.Create(CultureInfo.InvariantCulture,
                $"predicted/observed {was:F3} on held-out rows, {(clicks > 0 ? $"{now:F3} now ({clicks:N0} clicks" : "now (no clicks")} in {rows:N0} rows)")));
        return new CalibrationDrift(rows, clicks, was, now, p);
    }

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    private bool IsSure(double p) => p * tests < options.Alpha;
}
