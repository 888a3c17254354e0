using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Who needs the values of a graph.</summary>
internal static class MemberOwners
{
    private const int None = -2;

    /// <summary>The one member that needs each value, or −1 where there are several or none.</summary>
    public static int[] Of(Graph graph)
    {
        var owners = new int[graph.Values.Count];
        Array.Fill(owners, None);
        for (var member = 0; member < graph.Outputs.Count; member++)
            Claim(graph.Outputs[member], member);
        for (var i = 0; i < owners.Length; i++)
            owners[i] = Math.Max(owners[i], -1);
        return owners;

        void Claim(Value value, int member)
        {
            if (owners[value.Index] == member || owners[value.Index] == -1)
                return;
            owners[value.Index] = owners[value.Index] == None ? member : -1;
            foreach (var input in value.Inputs)
                Claim(input, member);
        }
    }
}
