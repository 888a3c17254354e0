using System.Globalization;
using Consort.Data.Datasets;

namespace Consort.Cli.Terminals;

/// <summary>Shows encoding: its phase, MB/s and the time left of the phase. Called by several threads.</summary>
internal sealed class EncodingLine(StatusLine line) : IProgress<EncodeProgress>
{
    private readonly Lock _lock = new();
    private readonly char[] _text = new char[160];
    private readonly Pace _pace = new();
    private string _phase = "";

    public void Report(EncodeProgress value)
    {
        if (value.Phase.StartsWith(EncodeProgress.Waiting, StringComparison.Ordinal)
            || value.Phase.EndsWith(EncodeProgress.Spooling, StringComparison.Ordinal))
            line.Keep(value.Phase);
        else if (line.IsInteractive)
            Draw(value);
    }

    private void Draw(EncodeProgress value)
    {
        lock (_lock)
        {
            if (value.Phase != _phase)
            {
                _phase = value.Phase;
                _pace.Restart();
            }

            if (!_pace.IsDue())
                return;
            var (length, pace) = (0, _pace.PerSecond(value.Bytes) / 1e6);
            if (value.TotalBytes == 0) // of a query nobody knows how much comes
                _text.AsSpan().TryWrite(CultureInfo.InvariantCulture,
                    $"encoding: {value.Phase} {value.Bytes / 1e6:F0} MB, {pace:F1} MB/s", out length);
            else
                _text.AsSpan().TryWrite(
                    CultureInfo.InvariantCulture,
                    $"encoding: {value.Phase} {Math.Min(100, 100.0 * value.Bytes / value.TotalBytes):F0} %, {pace:F1} MB/s, {Pace.Time(_pace.SecondsLeft(value.Bytes, value.TotalBytes))} left",
                    out length);
            line.Draw(_text.AsSpan(0, length));
        }
    }
}
