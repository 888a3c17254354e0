using Consort.Foundation.Numbers;
using Consort.Learning.Training;

namespace Consort.Cli.Terminals;

/// <summary>Shows training: a line that is written over itself, and one that stays for each evaluation.</summary>
internal sealed class TrainingLine(StatusLine line) : IProgress<TrainingProgress>
{
    private readonly char[] _text = new char[256];

    public void Report(TrainingProgress value)
    {
        // The trainer reports no batches when it has just evaluated.
        if (value.Batches == 0)
            Evaluated(value);
        else if (line.IsInteractive)
            Step(value);
    }

    private void Step(TrainingProgress value)
    {
        var auc = value.Latest?.Auc ?? double.NaN;
        var percent = 100.0 * value.Batch / value.Batches;
        int length;
        if (value.Epoch == 0)
            _text.AsSpan().TryWrite(ShownNumbers.Culture, $"{value.Phase}: teachers are asked ({percent:F0} %)", out length);
        else
            _text.AsSpan().TryWrite(
            ShownNumbers.Culture,
            $"{value.Phase}: epoch {value.Epoch}/{value.Epochs}, step {value.Batch:N0}/{value.Batches:N0} ({percent:F0} %), {value.RowsPerSecond:N0} rows/s, {value.EpochSecondsLeft:N0} s left, loss {value.Loss:F5}, valid AUC {auc:F5}",
            out length);
        line.Draw(_text.AsSpan(0, length));
    }

    private void Evaluated(TrainingProgress value)
    {
        if (value.Latest is not { } metrics)
            return;
        var mark = value.IsLatestBest ? "  best" : "";
        int length;
        if (value.Batch == 0)
        {
            _text.AsSpan().TryWrite(
                ShownNumbers.Culture,
                $"{value.Phase}: before training  valid AUC {metrics.Auc:F6}  log-loss {metrics.LogLoss:F6}{mark}",
                out length);
        }
        else
        {
            _text.AsSpan().TryWrite(
                ShownNumbers.Culture,
                $"{value.Phase}: epoch {value.Epoch}  loss {value.Loss:F5}  valid AUC {metrics.Auc:F6}  log-loss {metrics.LogLoss:F6}  rate {value.LearningRate:G3}  {value.RowsPerSecond:N0} rows/s{mark}",
                out length);
        }

        line.Keep(_text.AsSpan(0, length));
    }
}
