using Consort.Compute.Cpu.Parameters;

namespace Consort.Learning.Training;

/// <summary>
/// What the ranks of a training tell each other, once a step, between the backward pass and the update: each has run forward and backward
/// over its share of a batch, with the same weights as all others.
/// </summary>
/// <remarks>
/// <para>Logits and labels of the whole batch are known to all ranks before the loss, so each gradient counts for the mean over the rows of
/// all. Before the call, the store holds what this rank's rows add to it: the gradients of dense parameters, and of each table those of the
/// rows that its share of the batch touched. After it, all ranks hold the same: the sum, of tables for the rows that any of them touched.
/// Loss terms are those of the whole batch already, and so are the running statistics of batch norm.</para>
/// <para>Clipping and update come after it and are functions of what it leaves and of the optimizer's state, so that weights stay equal
/// without being sent. It runs on the thread of the step and may use the workers.</para>
/// </remarks>
public interface IGradientExchange
{
    /// <summary>Makes of this rank's gradients those of all ranks.</summary>
    /// <param name="store">The parameters with their gradients.</param>
    /// <param name="rows">Rows of this rank's share of the batch.</param>
    /// <param name="terms">The loss terms of the batch.</param>
    void Exchange(ParameterStore<float> store, int rows, Span<double> terms);
}

/// <summary>One machine: its gradients are those of all.</summary>
internal sealed class NoExchange : IGradientExchange
{
    public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
    {
    }
}
