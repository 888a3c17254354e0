using System.Globalization;

namespace Consort.Cli.Terminals;

/// <summary>Shows how many of a known number are done: rows written, bytes read.</summary>
/// <param name="line">Where.</param>
/// <param name="what">What is being done: <c>writing</c>.</param>
/// <param name="unit">What is counted: <c>rows</c>, <c>MB</c>.</param>
/// <param name="total">How many there are; 0 where that is not known, as of a pipe.</param>
/// <param name="scale">How many of what is reported make one unit.</param>
internal sealed class CountLine(StatusLine line, string what, string unit, long total, double scale = 1) : IProgress<long>
{
    private readonly char[] _text = new char[160];
    private readonly Pace _pace = new();

    public void Report(long value)
    {
        if (!line.IsInteractive || !_pace.IsDue())
            return;
        var percent = Math.Min(100, 100.0 * value / Math.Max(1, total));
        int length;
        if (total <= 0)
        {
            _text.AsSpan().TryWrite(
                CultureInfo.InvariantCulture, $"{what}: {value / scale:N0} {unit}, {_pace.PerSecond(value) / scale:N0} {unit}/s",
                out length);
        }
        else
        {
            _text.AsSpan().TryWrite(
                CultureInfo.InvariantCulture,
                $"{what}: {value / scale:N0} {unit} ({percent:F0} %), {_pace.PerSecond(value) / scale:N0} {unit}/s, {Pace.Time(_pace.SecondsLeft(value, total))} left",
                out length);
        }

        line.Draw(_text.AsSpan(0, length));
    }
}
