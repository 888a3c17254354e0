using System.Runtime.InteropServices;
using Consort.Foundation.Ranks;

namespace Consort.Experiments.Updating;

/// <summary>What all ranks do next, as rank 0 finds it in the folder that it alone sees; a process alone tells nobody.</summary>
/// <param name="ranks">The ranks, or null.</param>
internal sealed class DayOrders(IRanks? ranks)
{
    private const int Over = -1, Training = -2;

    /// <summary>The training before the days comes next.</summary>
    public void Train(bool resume) => Tell(Training, resume);

    /// <summary>A day comes next, by its place among all days of the file.</summary>
    public void Take(int day, bool resume) => Tell(day, resume);

    /// <summary>All is done.</summary>
    public void End() => Tell(Over, false);

    /// <summary>Returns when all ranks have done the last one.</summary>
    public void Meet() => ranks?.Meet();

    /// <summary>Does what rank 0 tells, to the end.</summary>
    /// <param name="train">Trains; told whether to resume.</param>
    /// <param name="take">Takes a day; told its place and whether to resume.</param>
    public void Follow(Action<bool> train, Action<int, bool> take)
    {
        while (Tell(0, false) is (var what and not Over, var resume))
        {
            if (what == Training)
                train(resume);
            else
                take(what, resume);
            Meet();
        }
    }

    private (int What, bool Resume) Tell(int what, bool resume)
    {
        int[] order = [what, resume ? 1 : 0];
        ranks?.Broadcast(MemoryMarshal.AsBytes(order.AsSpan()));
        return (order[0], order[1] == 1);
    }
}
